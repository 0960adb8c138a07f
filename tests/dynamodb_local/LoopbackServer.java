import com.amazonaws.services.dynamodbv2.local.server.LocalDynamoDBRequestHandler;
import com.amazonaws.services.dynamodbv2.local.server.LocalDynamoDBServerHandler;
import java.net.InetSocketAddress;
import org.eclipse.jetty.server.Server;
import org.eclipse.jetty.server.ServerConnector;

/**
 * DynamoDB Local, in memory, one database for all, on a free port of 127.0.0.1.
 *
 * <p>Its own command line always listens on every address and cannot choose a free port; this does
 * both, prints the port, and ends when its standard input does, so that it outlives nobody.
 * Telemetry is only ever set up by that command line, so here there is none.
 */
final class LoopbackServer {
    public static void main(String[] arguments) throws Exception {
        boolean inMemory = true;
        boolean sharedDb = true;
        boolean delayTransientStatuses = false;
        var engine = new LocalDynamoDBRequestHandler(0, inMemory, null, sharedDb, delayTransientStatuses);
        var server = new Server(new InetSocketAddress("127.0.0.1", 0));
        server.setHandler(new LocalDynamoDBServerHandler(engine, null));
        server.start();
        System.out.println("port " + ((ServerConnector) server.getConnectors()[0]).getLocalPort());
        while (System.in.read() != -1) {
            continue;
        }
        Runtime.getRuntime().halt(0); // in memory: nothing to save
    }
}
