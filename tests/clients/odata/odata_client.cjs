// @odata/client. Arguments: the service's root, a key, a reference.
const [root, key, reference] = process.argv.slice(2);
const { OData } = require("@odata/client");

const connected = (more) =>
  OData.New4({
    serviceEndpoint: root,
    commonHeaders: { Authorization: `Bearer ${key}`, Prefer: "odata.maxpagesize=2", ...more },
  });
const client = connected({});
const tasks = client.getEntitySet("Task");
const say = (...words) => console.log(words.join(" "));
const refusal = async (promise) => promise.then(() => "taken for a success", (error) => error.message);

(async () => {
  const document = await client.requestUri(root);
  say("model", document.value.map((set) => set.name).sort().join(","));

  const created = [];
  for (let number = 0; number < 5; number++) {
    created.push(await tasks.create({ subject: `Task ${number}`, customer_reference: reference }));
  }

  const filter = client.newFilter().field("customer_reference").eqString(reference).field("archived").eq(false);
  const params = client.newOptions().filter(filter).orderby("id2", "asc").select(["id2", "subject"]);
  let page = await client.newRequest({ collection: "Task", params });
  const listed = [...page.value];
  while (page["@odata.nextLink"]) {
    page = await client.requestUri(page["@odata.nextLink"]);
    listed.push(...page.value);
  }
  say("listed", listed.map((task) => task.subject).join(","), Object.keys(listed[0]).sort().join(","));

  const id = created[0].id;
  const read = await tasks.retrieve(id);
  say("read", read.subject, read.id === id);

  const withTag = connected({ "If-Match": read["@odata.etag"] }).getEntitySet("Task");
  await withTag.update(id, { subject: "Changed" });
  say("changed", (await tasks.retrieve(id)).subject);
  say("stale", await refusal(withTag.update(id, { subject: "Stale" })));
  await tasks.update(created[1].id, { remark: "Without a tag" });

  say("refused", await refusal(tasks.create({ subject: "x".repeat(151) })));

  const few = client.newOptions().filter(client.newFilter().field("sequence").gt(1)).top(2);
  const priorities = await client.getEntitySet("TaskPriority").query(few);
  say("priorities", priorities.map((entry) => entry.name).join(","));
  const view = await client.getEntitySet("TaskView").retrieve(id, client.newOptions().select(["task_status_name"]));
  say("view", view.task_status_name);
})();
