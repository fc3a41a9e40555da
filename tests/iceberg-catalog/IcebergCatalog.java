import jakarta.servlet.ServletException;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletRequestWrapper;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.util.Map;
import org.apache.iceberg.TestTables;
import org.apache.iceberg.inmemory.InMemoryFileIO;
import org.apache.iceberg.jdbc.JdbcCatalog;
import org.apache.iceberg.rest.RESTCatalogAdapter;
import org.apache.iceberg.rest.RESTCatalogServlet;
import org.eclipse.jetty.ee10.servlet.ServletContextHandler;
import org.eclipse.jetty.ee10.servlet.ServletHolder;
import org.eclipse.jetty.http.UriCompliance;
import org.eclipse.jetty.server.HttpConfiguration;
import org.eclipse.jetty.server.HttpConnectionFactory;
import org.eclipse.jetty.server.Server;
import org.eclipse.jetty.server.ServerConnector;

/**
 * Iceberg's own REST catalog on loopback: `IcebergCatalog WAREHOUSE DATABASE TOKEN`. It keeps the names of its tables in a
 * database of SQLite, and their metadata in the warehouse, or in memory where that is a URL. It demands a token, has a
 * prefix in the paths of requests, prints its port, and ends with its input.
 */
public class IcebergCatalog {
  private static final String PREFIX = "lake";

  public static void main(String[] args) throws Exception {
    boolean isFolder = args[0].startsWith("/");
    JdbcCatalog catalog = new JdbcCatalog(
        properties -> isFolder ? new TestTables.LocalFileIO() : new InMemoryFileIO(), null, true);
    catalog.initialize("tests", Map.of("warehouse", args[0], "uri", "jdbc:sqlite:" + args[1] + "?synchronous=OFF"));
    Server server = new Server();
    HttpConfiguration http = new HttpConfiguration();
    // The levels of a namespace are parted by %1F.
    http.setUriCompliance(UriCompliance.UNSAFE);
    ServerConnector connector = new ServerConnector(server, new HttpConnectionFactory(http));
    connector.setHost("127.0.0.1");
    server.addConnector(connector);
    ServletContextHandler context = new ServletContextHandler();
    context.getServletHandler().setDecodeAmbiguousURIs(true);
    context.addServlet(new ServletHolder(new Guarded(new RESTCatalogAdapter(catalog), args[2])), "/*");
    server.setHandler(context);
    server.start();
    System.out.println("PORT " + connector.getLocalPort());
    while (System.in.read() != -1) { }
    System.exit(0);
  }

  private static class Guarded extends RESTCatalogServlet {
    private final String token;

    Guarded(RESTCatalogAdapter adapter, String token) {
      super(adapter);
      this.token = token;
    }

    @Override
    protected void service(HttpServletRequest request, HttpServletResponse response) throws ServletException, IOException {
      String path = request.getRequestURI();
      String authorization = String.valueOf(request.getHeader("Authorization"));
      boolean isKnown = authorization.equals("Bearer " + token) || authorization.startsWith("Bearer client-credentials-token:sub=reader");
      if (!path.equals("/v1/oauth/tokens") && !isKnown)
        answer(response, 401, "{\"error\":{\"message\":\"Not authorized\",\"type\":\"NotAuthorizedException\",\"code\":401}}");
      else if (path.equals("/v1/config"))
        answer(response, 200, "{\"defaults\":{},\"overrides\":{\"prefix\":\"" + PREFIX + "\"}}");
      else
        super.service(new WithoutPrefix(request), response);
    }

    private static void answer(HttpServletResponse response, int status, String json) throws IOException {
      response.setStatus(status);
      response.setContentType("application/json");
      response.getWriter().write(json);
    }
  }

  private static class WithoutPrefix extends HttpServletRequestWrapper {
    WithoutPrefix(HttpServletRequest request) {
      super(request);
    }

    @Override
    public String getRequestURI() {
      return super.getRequestURI().replaceFirst("^/v1/" + PREFIX + "/", "/v1/");
    }
  }
}
