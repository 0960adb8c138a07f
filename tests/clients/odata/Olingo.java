import java.net.URI;
import java.util.*;
import org.apache.http.impl.client.DefaultHttpClient;
import org.apache.olingo.client.api.EdmEnabledODataClient;
import org.apache.olingo.client.api.communication.ODataClientErrorException;
import org.apache.olingo.client.api.communication.request.cud.UpdateType;
import org.apache.olingo.client.api.domain.*;
import org.apache.olingo.client.core.ODataClientFactory;
import org.apache.olingo.client.core.http.DefaultHttpClientFactory;
import org.apache.olingo.commons.api.edm.FullQualifiedName;
import org.apache.olingo.commons.api.http.HttpMethod;

/** Apache Olingo, the library in Tableau's connector. Arguments: the service's root, a key, a reference. */
public class Olingo {
  static EdmEnabledODataClient CLIENT;
  static String root;

  public static void main(String[] arguments) throws Exception {
    root = arguments[0];
    String reference = arguments[2];
    CLIENT = ODataClientFactory.getEdmEnabledClient(root);
    CLIENT.getConfiguration().setHttpClientFactory(new DefaultHttpClientFactory() {
      @Override
      public DefaultHttpClient create(HttpMethod method, URI uri) {
        DefaultHttpClient made = super.create(method, uri);
        made.addRequestInterceptor((request, context) -> {
          request.setHeader("Authorization", "Bearer " + arguments[1]);
          request.setHeader("Prefer", "odata.maxpagesize=2");
        });
        return made;
      }
    });

    var offered = CLIENT.getRetrieveRequestFactory().getServiceDocumentRequest(root).execute().getBody();
    System.out.println("model " + String.join(",", new TreeSet<>(offered.getEntitySetNames())));

    List<UUID> ids = new ArrayList<>();
    for (int number = 0; number < 5; number++) {
      ids.add((UUID) value(create("Task " + number, reference), "id"));
    }

    List<String> listed = new ArrayList<>();
    Set<String> members = new TreeSet<>();
    URI next = CLIENT.newURIBuilder(root).appendEntitySetSegment("Task")
        .filter("customer_reference eq '" + reference + "' and archived eq false")
        .orderBy("id2 asc").select("id2", "subject").build();
    while (next != null) {
      var page = CLIENT.getRetrieveRequestFactory().getEntitySetRequest(next).execute().getBody();
      for (ClientEntity task : page.getEntities()) {
        listed.add(value(task, "subject").toString());
        task.getProperties().forEach(property -> members.add(property.getName()));
      }
      next = page.getNext();
    }
    System.out.println("listed " + String.join(",", listed) + " " + String.join(",", members));

    ClientEntity read = read(ids.get(0));
    System.out.println("read " + value(read, "subject") + " " + ids.get(0).equals(value(read, "id")));
    patch(ids.get(0), "Changed", read.getETag());
    System.out.println("changed " + value(read(ids.get(0)), "subject"));
    try {
      patch(ids.get(0), "Stale", read.getETag());
    } catch (ODataClientErrorException error) {
      System.out.println("stale " + error.getStatusLine().getStatusCode());
    }
    patch(ids.get(1), "Without a tag", null);
    try {
      create("x".repeat(151), reference);
    } catch (ODataClientErrorException error) {
      System.out.println("refused " + error.getStatusLine().getStatusCode() + " " + error.getODataError().getMessage());
    }

    URI few = CLIENT.newURIBuilder(root).appendEntitySetSegment("TaskPriority").filter("sequence gt 1").top(2).build();
    List<String> names = new ArrayList<>();
    for (ClientEntity entry : CLIENT.getRetrieveRequestFactory().getEntitySetRequest(few).execute().getBody().getEntities()) {
      names.add(value(entry, "name").toString());
    }
    System.out.println("priorities " + String.join(",", names));
    URI view = CLIENT.newURIBuilder(root).appendEntitySetSegment("TaskView").appendKeySegment(ids.get(0))
        .select("task_status_name").build();
    var shown = CLIENT.getRetrieveRequestFactory().getEntityRequest(view).execute().getBody();
    System.out.println("view " + value(shown, "task_status_name"));
  }

  static URI task(UUID id) {
    return CLIENT.newURIBuilder(root).appendEntitySetSegment("Task").appendKeySegment(id).build();
  }

  static ClientEntity read(UUID id) throws Exception {
    return CLIENT.getRetrieveRequestFactory().getEntityRequest(task(id)).execute().getBody();
  }

  static ClientEntity of(String subject) {
    ClientObjectFactory factory = CLIENT.getObjectFactory();
    ClientEntity entity = factory.newEntity(new FullQualifiedName("ServiceDesk", "Task"));
    var value = factory.newPrimitiveValueBuilder().buildString(subject);
    entity.getProperties().add(factory.newPrimitiveProperty("subject", value));
    return entity;
  }

  static ClientEntity create(String subject, String reference) {
    ClientEntity entity = of(subject);
    var value = CLIENT.getObjectFactory().newPrimitiveValueBuilder().buildString(reference);
    entity.getProperties().add(CLIENT.getObjectFactory().newPrimitiveProperty("customer_reference", value));
    URI tasks = CLIENT.newURIBuilder(root).appendEntitySetSegment("Task").build();
    return CLIENT.getCUDRequestFactory().getEntityCreateRequest(tasks, entity).execute().getBody();
  }

  static void patch(UUID id, String subject, String tag) {
    var request = CLIENT.getCUDRequestFactory().getEntityUpdateRequest(task(id), UpdateType.PATCH, of(subject));
    if (tag != null) {
      request.setIfMatch(tag);
    }
    request.execute();
  }

  /** With the types that the model has: an id is a UUID, and not a text. */
  static Object value(ClientEntity entity, String name) {
    return entity.getProperty(name).getPrimitiveValue().toValue();
  }
}
