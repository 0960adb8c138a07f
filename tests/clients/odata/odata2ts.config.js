// How odata2ts reads the model: with Basic credentials, and the Accept header of its HTTP library. Paths are of its folder.
const { ODATA_ROOT, ODATA_KEY } = process.env;

module.exports = {
  sourceUrlConfig: { username: "unused", password: ODATA_KEY },
  emitMode: "js",
  tsconfig: "tsconfig.json",
  // A client can choose a task's id.
  disableAutoManagedKey: true,
  services: {
    ServiceDesk: { sourceUrl: ODATA_ROOT, refreshFile: true, source: "metadata.xml", output: "client" },
  },
};
