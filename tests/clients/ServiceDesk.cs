// A .NET client of the Task API: the same tasks through each serializer that such clients use.
// Usage: ServiceDesk.exe <base url> <key>. It prints one line for each thing that it saw, and fails at the first surprise.

using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Net.Http;
using System.Net.Http.Headers;
using System.Runtime.Serialization;
using System.Runtime.Serialization.Json;
using System.Text;
using System.Xml.Serialization;
using Newtonsoft.Json;

// The members stand in ordinal order, in which DataContractSerializer expects elements; it skips those that come late.
[DataContract(Name = "task", Namespace = "")]
[XmlType("task")]
public class ServiceDeskTask
{
    [DataMember] public bool? archived { get; set; }
    [DataMember] public Guid? company_id { get; set; }
    [DataMember] public Guid? contact_id { get; set; }
    [DataMember] public bool? created_by_servicedesk_api { get; set; }
    [DataMember] public string customer_reference { get; set; }
    [DataMember] public DateTime? date_assigned { get; set; }
    [DataMember] public DateTime? date_closed { get; set; }
    [DataMember] public DateTime? date_create { get; set; }
    [DataMember] public DateTime? date_start { get; set; }
    [DataMember] public DateTime? date_suggested_by_company { get; set; }
    [DataMember] public DateTime? due_date { get; set; }
    [DataMember] public Guid? id { get; set; }
    [DataMember] public long? id2 { get; set; }
    [DataMember] public DateTime? modified_dateutc { get; set; }
    [DataMember] public string reference_back_office { get; set; }
    [DataMember] public string remark { get; set; }
    [DataMember] public string subject { get; set; }
    [DataMember] public Guid? task_priority_id { get; set; }
    [DataMember] public Guid? task_status_id { get; set; }
    [DataMember] public Guid? task_type_id { get; set; }
    [DataMember] public Guid? to_db_table_id { get; set; }
    [DataMember] public string to_db_table_name { get; set; }
    [DataMember] public Guid? to_id_in_table { get; set; }
}

[DataContract]
public class Page
{
    [DataMember] public ServiceDeskTask[] value { get; set; }
}

public interface ISerializer
{
    string MediaType { get; }
    string Write(ServiceDeskTask task);
    ServiceDeskTask Read(string text);
    ServiceDeskTask[] ReadList(string text);
}

public class ByDataContract : ISerializer
{
    static readonly DataContractSerializer One = new DataContractSerializer(typeof(ServiceDeskTask));
    static readonly DataContractSerializer Many = new DataContractSerializer(typeof(ServiceDeskTask[]));

    public string MediaType { get { return "application/xml"; } }
    public string Write(ServiceDeskTask task) { return Text.Written(stream => One.WriteObject(stream, task)); }
    public ServiceDeskTask Read(string text) { return (ServiceDeskTask)One.ReadObject(Text.Stream(text)); }
    public ServiceDeskTask[] ReadList(string text) { return (ServiceDeskTask[])Many.ReadObject(Text.Stream(text)); }
}

public class ByXmlSerializer : ISerializer
{
    static readonly XmlSerializer One = new XmlSerializer(typeof(ServiceDeskTask));
    static readonly XmlSerializer Many =
        new XmlSerializer(typeof(ServiceDeskTask[]), new XmlRootAttribute("ArrayOftask"));

    public string MediaType { get { return "text/xml"; } }
    public string Write(ServiceDeskTask task) { return Text.Written(stream => One.Serialize(stream, task)); }
    public ServiceDeskTask Read(string text) { return (ServiceDeskTask)One.Deserialize(Text.Stream(text)); }
    public ServiceDeskTask[] ReadList(string text) { return (ServiceDeskTask[])Many.Deserialize(Text.Stream(text)); }
}

public class ByDataContractJson : ISerializer
{
    // Without a format it writes /Date(milliseconds)/, which cuts the instant.
    static readonly DataContractJsonSerializerSettings Settings = new DataContractJsonSerializerSettings
    {
        DateTimeFormat = new DateTimeFormat("yyyy-MM-ddTHH:mm:ss.FFFFFFFK")
    };
    static readonly DataContractJsonSerializer One =
        new DataContractJsonSerializer(typeof(ServiceDeskTask), Settings);
    static readonly DataContractJsonSerializer Many = new DataContractJsonSerializer(typeof(Page), Settings);

    public string MediaType { get { return "application/json"; } }
    public string Write(ServiceDeskTask task)
    {
        return Text.Written(stream => One.WriteObject(stream, task));
    }
    public ServiceDeskTask Read(string text) { return (ServiceDeskTask)One.ReadObject(Text.Stream(text)); }
    public ServiceDeskTask[] ReadList(string text) { return ((Page)Many.ReadObject(Text.Stream(text))).value; }
}

public class ByNewtonsoft : ISerializer
{
    public string MediaType { get { return "text/json"; } }
    public string Write(ServiceDeskTask task) { return JsonConvert.SerializeObject(task); }
    public ServiceDeskTask Read(string text) { return JsonConvert.DeserializeObject<ServiceDeskTask>(text); }
    public ServiceDeskTask[] ReadList(string text) { return JsonConvert.DeserializeObject<Page>(text).value; }
}

public static class Text
{
    public static Stream Stream(string text) { return new MemoryStream(Encoding.UTF8.GetBytes(text)); }

    public static string Written(Action<Stream> write)
    {
        using (var stream = new MemoryStream())
        {
            write(stream);
            return Encoding.UTF8.GetString(stream.ToArray());
        }
    }
}

public static class Program
{
    static readonly DateTime Due =
        new DateTime(2026, 6, 24, 3, 56, 41, DateTimeKind.Utc).AddTicks(4578039);

    public static int Main(string[] arguments)
    {
        var serializers = new ISerializer[]
        {
            new ByDataContract(), new ByXmlSerializer(), new ByDataContractJson(), new ByNewtonsoft()
        };
        var client = new Client(arguments[0], arguments[1]);
        foreach (var serializer in serializers)
        {
            var name = serializer.GetType().Name;
            var sent = new ServiceDeskTask
            {
                id = Guid.NewGuid(), subject = "From " + name, remark = "Größe < 5 & \"quoted\"\n", due_date = Due,
            };
            var created = client.Create(sent, serializer);
            Compare(name + " create", sent, created);
            foreach (var other in serializers)
            {
                var read = client.Read("/tasks/" + sent.id, other);
                Compare(name + " read by " + other.GetType().Name, sent, read);
                Require(read.id2 == created.id2 && read.id2 > 0, "the number");
                Require(read.modified_dateutc.Value.ToUniversalTime() == created.modified_dateutc.Value.ToUniversalTime(),
                    "the last change, to 100 ns");
                Require(read.contact_id == created.contact_id && read.date_closed == null && read.archived == false,
                    "what is unset");
            }
            Console.WriteLine("created and read: " + name);
        }
        foreach (var serializer in serializers)
        {
            var listed = client.ReadList("/tasks?$top=4&$filter=startswith(subject,'From%20By')", serializer);
            Require(listed.Length == 4, "four tasks");
            Require(listed.Zip(listed.Skip(1), (one, next) => one.id2 > next.id2).All(ordered => ordered), "their order");
            Require(listed.All(task => task.due_date.Value.ToUniversalTime() == Due), "their dates");
            Console.WriteLine("listed: " + serializer.GetType().Name);
        }
        return 0;
    }

    static void Compare(string what, ServiceDeskTask sent, ServiceDeskTask read)
    {
        Require(read.id == sent.id, what + ": the id");
        Require(read.subject == sent.subject && read.remark == sent.remark, what + ": the texts");
        Require(read.due_date.Value.ToUniversalTime().Ticks == Due.Ticks, what + ": the date, to 100 ns");
        Require(read.created_by_servicedesk_api == true, what + ": a boolean");
        Require(read.task_type_id.HasValue && read.company_id.HasValue, what + ": what the service fills in");
    }

    static void Require(bool holds, string what)
    {
        if (!holds) throw new Exception("Not as expected: " + what);
    }
}

public class Client
{
    readonly HttpClient http = new HttpClient();
    readonly string baseUrl;

    public Client(string baseUrl, string key)
    {
        this.baseUrl = baseUrl;
        http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", key);
    }

    public ServiceDeskTask Create(ServiceDeskTask task, ISerializer serializer)
    {
        var request = new HttpRequestMessage(HttpMethod.Post, baseUrl + "/tasks");
        request.Content = new StringContent(serializer.Write(task), Encoding.UTF8, serializer.MediaType);
        return serializer.Read(Send(request, serializer));
    }

    public ServiceDeskTask Read(string path, ISerializer serializer)
    {
        return serializer.Read(Send(new HttpRequestMessage(HttpMethod.Get, baseUrl + path), serializer));
    }

    public ServiceDeskTask[] ReadList(string path, ISerializer serializer)
    {
        return serializer.ReadList(Send(new HttpRequestMessage(HttpMethod.Get, baseUrl + path), serializer));
    }

    string Send(HttpRequestMessage request, ISerializer serializer)
    {
        request.Headers.Accept.Add(new MediaTypeWithQualityHeaderValue(serializer.MediaType));
        var answer = http.SendAsync(request).Result;
        var text = answer.Content.ReadAsStringAsync().Result;
        if (!answer.IsSuccessStatusCode) throw new Exception((int)answer.StatusCode + " " + text);
        return text;
    }
}
