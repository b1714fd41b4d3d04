// Files out of what somebody chose, dropped or pasted, with their paths; folders with all in them.
const TELL_EVERY = 200;

function readAll(reader) {
  return new Promise((done, fail) => {
    const found = [];
    // A reader gives a hundred at a time, and none at the end.
    const next = () => reader.readEntries((some) => {
      if (!some.length) return done(found);
      found.push(...some);
      next();
    }, fail);
    next();
  });
}

async function walk(entry, found, tell) {
  if (entry.isFile) {
    const file = await new Promise((done) => entry.file(done, () => done(null)));
    if (file) found.push({ file, path: entry.fullPath.replace(/^\//, "") });
    if (found.length % TELL_EVERY === 0) tell(found.length);
    return;
  }
  const inside = await readAll(entry.createReader()).catch(() => []);
  inside.sort((one, other) => (one.name < other.name ? -1 : 1));
  for (const one of inside) await walk(one, found, tell);
}

// Entries are there only until the event is over, so they are taken at once.
export function filesOf(transfer, tell) {
  const entries = [...transfer.items]
    .filter((one) => one.kind === "file")
    .map((one) => one.webkitGetAsEntry?.() ?? { file: one.getAsFile() });
  return (async () => {
    const found = [];
    for (const one of entries) {
      if (one.isFile === undefined) found.push({ file: one.file, path: one.file.name });
      else await walk(one, found, tell);
    }
    return { found, isFolder: entries.some((one) => one.isDirectory) };
  })();
}

export function filesOfInput(input) {
  const found = [...input.files].map((file) => ({ file, path: file.webkitRelativePath || file.name }));
  return { found, isFolder: input.hasAttribute("webkitdirectory") };
}

const isZip = ({ file }) => /\.zip$/i.test(file.name) || /zip/.test(file.type);
const isHidden = ({ path }) => path.split("/").some((name) =>
  name.startsWith(".") || /^(thumbs\.db|desktop\.ini|__macosx|@eadir|\$recycle\.bin)$/i.test(name));

// What is wanted of a folder goes by its name; a file that somebody chose is always sent.
export function wanted({ found, isFolder }, endings) {
  const isPicture = ({ file }) => endings.some((ending) => file.name.toLowerCase().endsWith(ending));
  const some = found.filter((one) => !isFolder || (!isHidden(one) && (isPicture(one) || isZip(one))));
  return some.map((one) => ({ ...one, isZip: isZip(one) }));
}
