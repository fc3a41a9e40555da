import java.io.File;
import java.io.FileOutputStream;
import java.util.Map;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.hdfs.MiniDFSCluster;
import org.apache.hadoop.hdfs.MiniDFSNNTopology;
import org.apache.hadoop.yarn.server.MiniYARNCluster;

/**
 * HDFS and YARN of one node each, or HDFS alone with two namenodes of which the second is active, below a folder: writes
 * what clients need into its conf, says so, and ends with its input.
 */
public class MiniCluster {
  private static MiniDFSCluster pair;

  public static void main(String[] args) {
    try {
      start(new File(args[0]), args[1].equals("hdfs"));
      System.out.println("READY");
      for (int asked = System.in.read(); asked != -1; asked = System.in.read()) if (asked == 'f') failOver();
      System.exit(0);
    } catch (Exception error) {
      error.printStackTrace();
      System.exit(1); // else its threads keep it running
    }
  }

  private static void start(File folder, boolean isHdfsAlone) throws Exception {
    Configuration settings = new Configuration();
    settings.set("hadoop.http.authentication.type", "simple");
    if (isHdfsAlone) startHdfs(settings, folder);
    else startBoth(settings, folder);
  }

  private static void startHdfs(Configuration settings, File folder) throws Exception {
    settings.setInt("dfs.ha.tail-edits.period", 1);
    MiniDFSCluster hdfs = new MiniDFSCluster.Builder(settings, new File(folder, "dfs"))
      .nnTopology(MiniDFSNNTopology.simpleHATopology())
      .numDataNodes(1)
      .build();
    hdfs.transitionToActive(1);
    hdfs.waitActive(1);
    pair = hdfs;
    Configuration core = new Configuration(false);
    core.set("fs.defaultFS", "hdfs://lake");
    Configuration site = new Configuration(false);
    site.set("dfs.nameservices", "lake");
    site.set("dfs.ha.namenodes.lake", "nn1,nn2");
    site.set(
      "dfs.client.failover.proxy.provider.lake",
      "org.apache.hadoop.hdfs.server.namenode.ha.ConfiguredFailoverProxyProvider");
    for (int i = 0; i < 2; i++) {
      String suffix = ".lake.nn" + (i + 1);
      site.set("dfs.namenode.rpc-address" + suffix, "127.0.0.1:" + hdfs.getNameNodePort(i));
      site.set("dfs.namenode.http-address" + suffix, hdfs.getHttpUri(i).substring("http://".length()));
    }
    write(core, new File(folder, "conf/core-site.xml"));
    write(site, new File(folder, "conf/hdfs-site.xml"));
  }

  /** Lets the first namenode be active in the place of the second; for two seconds none is. */
  private static void failOver() throws Exception {
    pair.transitionToStandby(1);
    System.out.println("STANDBY");
    Thread.sleep(2000);
    pair.transitionToActive(0);
  }

  private static void startBoth(Configuration settings, File folder) throws Exception {
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
    Configuration ofHdfs = new Configuration(false);
    ofHdfs.set("dfs.namenode.http-address", hdfs.getHttpUri(0).substring("http://".length()));
    write(core, new File(folder, "conf/core-site.xml"));
    write(ofHdfs, new File(folder, "conf/hdfs-site.xml"));
    write(site, new File(folder, "conf/yarn-site.xml"));
  }

  private static void write(Configuration settings, File file) throws Exception {
    file.getParentFile().mkdirs();
    try (FileOutputStream out = new FileOutputStream(file)) {
      settings.writeXml(out);
    }
  }
}
