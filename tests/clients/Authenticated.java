import java.io.IOException;
import java.net.Authenticator;
import java.net.HttpURLConnection;
import java.net.PasswordAuthentication;
import java.net.URI;

/** Reads an address with the user name and the password that its second and third argument are, if it is asked for them. */
final class Authenticated {
    public static void main(String[] arguments) throws IOException {
        Authenticator.setDefault(new Authenticator() {
            @Override
            protected PasswordAuthentication getPasswordAuthentication() {
                return new PasswordAuthentication(arguments[1], arguments[2].toCharArray());
            }
        });
        HttpURLConnection connection = (HttpURLConnection) URI.create(arguments[0]).toURL().openConnection();
        System.out.print(connection.getResponseCode());
    }
}
