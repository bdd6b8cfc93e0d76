// Completes a change file in JSON by its schema: member names, words, and the
// snapshot's ids. The page works without it.
(() => {
  "use strict";
  const field = document.getElementById("text"), list = document.getElementById("offers"), status = document.getElementById("offers-status");
  let schema = null, offers = [], spot = null, active = -1;

  // read finds what is being written at the end of text: the open objects and
  // arrays around it, whether a key or a value comes next, and its beginning.
  function read(text) {
    const open = [{ value: true }];
    let i = 0;
    const top = () => open[open.length - 1];
    while (i < text.length) {
      const c = text[i];
      if (c === '"') {
        let end = i + 1;
        while (end < text.length && text[end] !== '"') end += text[end] === "\\" ? 2 : 1;
        const word = text.slice(i + 1, end);
        if (end >= text.length) return { open, from: i, word, value: top().value };
        if (top().value) top().value = false;
        else if (top().object) { top().key = word; top().keys.add(word); }
        i = end + 1;
      } else if (c === "{" || c === "[") {
        top().value = false;
        open.push(c === "{" ? { object: true, keys: new Set(), value: false } : { object: false, value: true });
        i++;
      } else if (c === "}" || c === "]") {
        if (open.length > 1) open.pop();
        i++;
      } else if (c === ":") { top().value = true; i++; }
      else if (c === ",") { top().value = !top().object; if (top().object) top().key = undefined; i++; }
      else if (/\s/.test(c)) i++;
      else {
        let end = i;
        while (end < text.length && !/[\s"{}\[\]:,]/.test(text[end])) end++;
        if (end === text.length) return { open, from: i, word: text.slice(i, end), value: top().value };
        if (top().value) top().value = false;
        i = end;
      }
    }
    return { open, from: i, word: "", value: top().value };
  }

  // all lists the schemas that may hold, references and choices followed.
  function all(nodes) {
    const out = [];
    const add = (n) => {
      if (!n || typeof n !== "object" || out.includes(n)) return;
      if (n.$ref) return add(n.$ref.slice(2).split("/").reduce((x, k) => x[k], schema));
      out.push(n);
      for (const many of [n.anyOf, n.oneOf, n.allOf]) for (const m of many || []) add(m);
    };
    nodes.forEach(add);
    return out;
  }

  // here lists the schemas of what is being written.
  function here(open) {
    let nodes = all([schema]);
    for (let i = 1; i < open.length; i++) {
      const f = open[i];
      if (!f.object) nodes = all(nodes.flatMap((n) => (n.items ? [n.items] : [])));
      else if (i < open.length - 1 || f.value) nodes = all(nodes.flatMap((n) => (n.properties && n.properties[f.key] ? [n.properties[f.key]] : [])));
    }
    return nodes;
  }

  // ids lists what the snapshot has for a member: "subnetId" and "subnetIds"
  // take the ids of the list "ids-SubnetId".
  function ids(open) {
    let key = "";
    for (const f of open) if (f.object && f.key) key = f.key;
    key = key.replace(/s$/, "").toLowerCase();
    for (const l of document.querySelectorAll("datalist[id^=ids-]")) {
      if (key.endsWith(l.id.slice(4).toLowerCase())) return [...l.options].map((o) => ({ text: JSON.stringify(o.value), name: o.value, doc: o.label === o.value ? "" : o.label }));
    }
    return [];
  }

  function find(at) {
    const nodes = here(at.open), f = at.open[at.open.length - 1];
    const out = new Map();
    const add = (o) => { if (!out.has(o.name) && o.name.toLowerCase().includes(at.word.toLowerCase())) out.set(o.name, o); };
    if (f.object && !at.value) {
      if (f.key !== undefined) return []; // a colon comes next
      for (const n of nodes) for (const [name, p] of Object.entries(n.properties || {})) {
        if (!f.keys.has(name)) add({ text: JSON.stringify(name) + ": ", name, doc: ((n.required || []).includes(name) ? "required. " : "") + (p.description || "") });
      }
    } else if (at.value) {
      for (const n of nodes) {
        for (const w of n.enum || ("const" in n ? [n.const] : [])) add({ text: JSON.stringify(w), name: String(w), doc: "" });
        const types = [].concat(n.type || []);
        if (types.includes("boolean")) for (const w of ["true", "false"]) add({ text: w, name: w, doc: "" });
        if (types.includes("object") || n.properties) add({ text: "{", after: "}", name: "{ }", doc: "an object" });
        if (types.includes("array")) add({ text: "[", after: "]", name: "[ ]", doc: "a list" });
      }
      if (nodes.some((n) => [].concat(n.type || []).includes("string"))) ids(at.open).forEach(add);
    }
    return [...out.values()].slice(0, 60);
  }

  function hide() {
    list.hidden = true;
    active = -1;
    status.textContent = "";
    field.removeAttribute("aria-activedescendant");
  }

  function show() {
    hide();
    if (!schema || field.selectionStart !== field.selectionEnd) return;
    spot = read(field.value.slice(0, field.selectionStart));
    offers = find(spot);
    list.replaceChildren(...offers.map((o, i) => {
      const li = document.createElement("li"), name = document.createElement("code");
      li.id = "offer-" + i;
      li.setAttribute("role", "option");
      li.setAttribute("aria-selected", "false");
      name.textContent = o.name;
      li.append(name, o.doc ? " " + o.doc : "");
      li.addEventListener("mousedown", (e) => { e.preventDefault(); take(i); });
      return li;
    }));
    list.hidden = offers.length === 0;
    if (offers.length) status.textContent = offers.length + (offers.length === 1 ? " suggestion" : " suggestions") + "; arrow keys choose";
  }

  function choose(i) {
    if (active >= 0) list.children[active].setAttribute("aria-selected", "false");
    active = (i + offers.length) % offers.length;
    const li = list.children[active];
    li.setAttribute("aria-selected", "true");
    li.scrollIntoView({ block: "nearest" });
    field.setAttribute("aria-activedescendant", li.id);
  }

  function take(i) {
    const o = offers[i], end = field.selectionStart, rest = field.value.slice(end);
    const skip = field.value[spot.from] === '"' && rest[0] === '"' ? 1 : 0;
    field.setRangeText(o.text + (o.after || ""), spot.from, end + skip, "end");
    const caret = spot.from + o.text.length;
    field.setSelectionRange(caret, caret);
    show();
  }

  field.addEventListener("input", show);
  field.addEventListener("blur", hide);
  field.addEventListener("keydown", (e) => {
    if (e.key === " " && e.ctrlKey) { e.preventDefault(); show(); return; }
    if (list.hidden) return;
    if (e.key === "ArrowDown" || e.key === "ArrowUp") { e.preventDefault(); choose(active < 0 && e.key === "ArrowUp" ? -1 : active + (e.key === "ArrowDown" ? 1 : -1)); }
    else if ((e.key === "Enter" || e.key === "Tab") && active >= 0) { e.preventDefault(); take(active); }
    else if (e.key === "Escape") { e.preventDefault(); hide(); }
  });
  fetch("change.schema.json").then((r) => r.json()).then((s) => { schema = s; field.dataset.ready = "yes"; });
})();
