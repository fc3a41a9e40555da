import java.io.File;
import java.io.FileOutputStream;
import java.util.Map;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.hdfs.MiniDFSCluster;
import org.apache.hadoop.yarn.server.MiniYARNCluster;

/** HDFS and YARN of one node each, below a folder: writes what clients need into its conf, says so, and ends with its input. */
public class MiniCluster {
  public static void main(String[] args) {
    try {
      start(new File(args[0]));
      System.out.println("READY");
      while (System.in.read() != -1) { }
      System.exit(0);
    } catch (Exception error) {
      error.printStackTrace();
      System.exit(1); // else its threads keep it running
    }
  }

  private static void start(File folder) throws Exception {
    Configuration settings = new Configuration();
    settings.set("hadoop.http.authentication.type", "simple");
    settings.set("dfs.permissions.enabled", "false");
    settings.set("yarn.resourcemanager.hostname", "127.0.0.1");
    settings.set("yarn.nodemanager.vmem-check-enabled", "false");
    settings.set("yarn.nodemanager.pmem-check-enabled", "false");
    settings.set("yarn.nodemanager.disk-health-checker.enable", "false");
    settings.setInt("yarn.nodemanager.resource.memory-mb", 4096);
    settings.setInt("yarn.nodemanager.resource.cpu-vcores", 4);
    settings.setInt("yarn.scheduler.minimum-allocation-mb", 128);
    // The file with the queues is not among the jars.
    settings.set("yarn.scheduler.capacity.root.queues", "default");
    settings.set("yarn.scheduler.capacity.root.default.capacity", "100");
    settings.set("yarn.scheduler.capacity.maximum-am-resource-percent", "0.9");
    settings.set("yarn.scheduler.capacity.root.default.maximum-am-resource-percent", "0.9");
    MiniDFSCluster hdfs = new MiniDFSCluster.Builder(settings, new File(folder, "dfs")).numDataNodes(1).build();
    hdfs.waitActive();
    MiniYARNCluster yarn = new MiniYARNCluster("mini", 1, 1, 1);
    Configuration ofYarn = new Configuration(settings);
    ofYarn.set("fs.defaultFS", hdfs.getURI().toString());
    yarn.init(ofYarn);
    yarn.start();

    Configuration core = new Configuration(false);
    core.set("fs.defaultFS", hdfs.getURI().toString());
    // The defaults of YARN would win over what stands in core-site.xml.
    Configuration site = new Configuration(false);
    for (Map.Entry<String, String> entry : yarn.getConfig())
      if (entry.getKey().matches("yarn\\.resourcemanager\\.(.*address|hostname)")) site.set(entry.getKey(), entry.getValue());
    write(core, new File(folder, "conf/core-site.xml"));
    write(site, new File(folder, "conf/yarn-site.xml"));
  }

  private static void write(Configuration settings, File file) throws Exception {
    file.getParentFile().mkdirs();
    try (FileOutputStream out = new FileOutputStream(file)) {
      settings.writeXml(out);
    }
  }
}
