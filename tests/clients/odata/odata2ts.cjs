// A client that odata2ts generated from $metadata. Arguments: the service's root, a key, a reference, the generated folder.
const [root, key, reference, generated] = process.argv.slice(2);
const { FetchClient } = require("@odata2ts/http-client-fetch");
const { ServiceDeskService } = require(`${generated}/ServiceDeskService.js`);

const client = new FetchClient({ headers: { Authorization: `Bearer ${key}`, Prefer: "odata.maxpagesize=2" } });
const service = new ServiceDeskService(client, root);
const say = (...words) => console.log(words.join(" "));
const status = async (promise) => promise.then((answer) => answer.status, (error) => error);

(async () => {
  const sets = Object.getOwnPropertyNames(ServiceDeskService.prototype).filter((name) => name !== "constructor");
  say("model", sets.sort().join(","));

  const tasks = [];
  for (let number = 0; number < 5; number++) {
    const created = await service.Task().create({ subject: `Task ${number}`, customer_reference: reference });
    tasks.push(created.data);
  }

  let page = await service.Task().query((builder, q) =>
    builder.filter(q.customer_reference.eq(reference), q.archived.eq(false)).orderBy(q.id2.asc()).select("id2", "subject"),
  );
  const listed = [...page.data.value];
  while (page.data["@odata.nextLink"]) {
    page = await client.get(page.data["@odata.nextLink"]);
    listed.push(...page.data.value);
  }
  say("listed", listed.map((task) => task.subject).join(","), Object.keys(listed[0]).sort().join(","));

  const task = service.Task(tasks[0].id);
  const read = (await task.query()).data;
  say("read", read.subject, read.id === tasks[0].id);

  const tag = { headers: { "If-Match": read["@odata.etag"] } };
  await task.patch({ subject: "Changed" }, tag);
  say("changed", (await task.query()).data.subject);
  say("stale", (await status(task.patch({ subject: "Stale" }, tag))).status);
  await service.Task({ id: tasks[1].id }).patch({ remark: "Without a tag" });

  const refused = await status(service.Task().create({ subject: "x".repeat(151) }));
  say("refused", refused.status, refused.message);

  const priorities = (await service.TaskPriority().query((builder, q) => builder.filter(q.sequence.gt(1)).top(2))).data.value;
  say("priorities", priorities.map((entry) => entry.name).join(","));
  say("view", (await service.TaskView(tasks[0].id).query((builder) => builder.select("task_status_name"))).data.task_status_name);
})();
