import java.net.InetSocketAddress;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.connect.service.SparkConnectService;
import org.sparkproject.connect.grpc.Server;
import org.sparkproject.connect.grpc.netty.NettyServerBuilder;

/** Serves Spark Connect of Spark 3 on loopback: its own server listens on every address, without a token. */
public final class ConnectOnLoopback {
  public static void main(String[] args) throws Exception {
    SparkSession.builder().getOrCreate();
    Server server = NettyServerBuilder.forAddress(new InetSocketAddress("127.0.0.1", 0))
        .addService(new SparkConnectService(false)).build().start();
    System.out.println("Spark Connect server started at: 127.0.0.1:" + server.getPort());
    server.awaitTermination();
  }
}
