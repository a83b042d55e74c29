// A form in a dialog, made of a list of fields. A fault stands at its field, with the remedy.
import { el, make } from "./dom.js";
import { ask, choice, done, told, trouble, why } from "./page.js";
import { filled, reason, sentence, words } from "./words.js";

const DAYS = ["MO", "TU", "WE", "TH", "FR", "SA", "SU"];
const KINDS = ["mobile", "fixed", "satellite", "other"];
let counter = 0;

/**
 * Open the editor.
 *
 * @param {string} title
 * @param {object[]} fields each `{name, kind, label, help?, options?, most?, required?}`
 * @param {object} entry the values now
 * @param {(values: object) => {method: string, path: string, body: object}} request
 * @param {(made: object) => void} saved is given the answer
 */
export function edit(title, fields, entry, request, saved) {
  const dialog = el("editor");
  const form = el("editor-form");
  el("editor-title").textContent = title;
  trouble(null, el("editor-trouble"));
  const made = fields.map((field) => ({ field, ...KIND[field.kind](field, entry[field.name] ?? null) }));
  const save = make("button", { class: "main", text: told.save });
  form.replaceChildren(
    ...made.map((one) => one.node),
    make("p", { class: "row" }, save, make("button", { type: "button", class: "quiet", text: words.abort, onclick: () => dialog.close() })),
  );
  form.onsubmit = async (event) => {
    event.preventDefault();
    if (save.disabled) return;
    clear(made);
    const values = Object.fromEntries(made.map((one) => [one.field.name, one.read()]));
    const missing = made.filter((one) => one.field.required && (values[one.field.name] === "" || values[one.field.name] === null));
    for (const one of missing) mark(one, told.field_required);
    if (missing.length) return missing[0].focus();
    save.disabled = true;
    const { method, path, body } = request(values);
    const answer = await ask(method, path, body);
    save.disabled = false;
    if (answer.ok) {
      dialog.close();
      done(filled(told.saved, { name: String(answer.body.name ?? title) }));
      return saved(answer.body);
    }
    point(made, answer);
  };
  dialog.showModal();
  made[0]?.focus();
  return made;
}

function clear(made) {
  trouble(null, el("editor-trouble"));
  for (const one of made) {
    one.fault.hidden = true;
    for (const input of one.node.querySelectorAll("input, select, textarea")) input.removeAttribute("aria-invalid");
  }
}

function mark(one, text) {
  one.fault.hidden = false;
  one.fault.textContent = text;
  for (const input of one.node.querySelectorAll("input, select, textarea")) input.setAttribute("aria-invalid", "true");
}

/** Each fault at its field; what is about no field of the form stands above it. */
function point(made, answer) {
  const faults = answer.body?.errors ?? (answer.body?.field ? [{ field: answer.body.field, reason: answer.body.reason, data: answer.body.data }] : []);
  const others = [];
  let first = null;
  for (const fault of faults) {
    const name = fault.field.split(/[.[]/);
    const one = made.find(({ field }) => field.name === name[0] || field.of?.includes(name[0])) ?? made.find(({ field }) => name.includes(field.name));
    const place = /\[(\d+)\]/.exec(fault.field);
    const remedy = words.sections.remedy?.[fault.reason];
    const text = [place ? filled(told.field_place, { place: Number(place[1]) + 1 }) : null, sentence(reason(fault.reason, fault.data)), remedy ? sentence(filled(remedy, fault.data ?? {})) : null].filter(Boolean).join(". ");
    if (one) {
      mark(one, text);
      first ??= one;
    } else others.push(`${fault.field}: ${text}`);
  }
  if (!faults.length) others.push(why(answer));
  if (others.length) trouble(others.join(". "), el("editor-trouble"));
  first?.focus();
}

/** The frame of a field: its label, help and fault belong to its control. */
function framed(field, control) {
  const id = `field-${++counter}`;
  control.id = id;
  const fault = make("small", { class: "wrong", id: `${id}-fault`, hidden: "" });
  const help = field.help ? make("small", { id: `${id}-help`, text: field.help }) : null;
  control.setAttribute("aria-describedby", [help ? `${id}-help` : null, `${id}-fault`].filter(Boolean).join(" "));
  if (field.required) control.setAttribute("aria-required", "true");
  const node = make("div", { class: "field" }, make("label", { for: id, text: field.label }), control, help, fault);
  return { node, fault, focus: () => control.focus() };
}

/** A group of controls under one name. */
function grouped(field, ...children) {
  const id = `field-${++counter}`;
  const fault = make("small", { class: "wrong", id: `${id}-fault`, hidden: "" });
  const help = field.help ? make("small", { text: field.help }) : null;
  const node = make("fieldset", { class: "field", "aria-describedby": `${id}-fault` }, make("legend", { text: field.label }), help, ...children, fault);
  return { node, fault, focus: () => node.querySelector("input, select, button")?.focus() };
}

function options(field, select, value) {
  for (const [key, text] of field.options) select.append(new Option(text, key));
  select.value = value ?? (field.options[0]?.[0] ?? "");
  return select;
}

const text = (type, attributes = {}) => (field, value) => {
  const input = make("input", { type, autocomplete: "off", maxlength: field.most ?? 100, ...attributes });
  input.value = value ?? "";
  return { ...framed(field, input), read: () => input.value.trim() };
};

const KIND = {
  text: text("text"),
  date: text("date"),
  time: text("time"),
  email: (field, value) => {
    const one = text("email")({ ...field, most: 254 }, value);
    return { ...one, read: () => one.read() || null };
  },
  maybe: (field, value) => {
    const one = text("text")(field, value);
    return { ...one, read: () => one.read() || null };
  },
  day: (field, value) => {
    const one = text("date")(field, value);
    return { ...one, read: () => one.read() || null };
  },
  number: (field, value) => {
    const input = make("input", { type: "number", inputmode: "numeric", step: field.step ?? 1, min: field.min ?? 0, max: field.max ?? null });
    input.value = value === null ? "" : value / (field.scale ?? 1);
    return { ...framed(field, input), read: () => (input.value === "" ? null : Number(input.value) * (field.scale ?? 1)) };
  },
  area: (field, value) => {
    const input = make("textarea", { rows: field.rows ?? 2, maxlength: field.most ?? 2000 });
    input.value = Array.isArray(value) ? value.join("\n") : value ?? "";
    return { ...framed(field, input), read: () => (field.lines ? input.value.split("\n").map((one) => one.trim()).filter(Boolean) : input.value) };
  },
  select: (field, value) => {
    const select = options(field, make("select"), value);
    return { ...framed(field, select), read: () => select.value || null };
  },
  check: (field, value) => {
    const input = make("input", { type: "checkbox", id: `field-${++counter}` });
    input.checked = Boolean(value ?? field.begins);
    const fault = make("small", { class: "wrong", hidden: "" });
    const node = make("div", { class: "field" }, make("label", { class: "tick", for: input.id }, input, make("span", { text: field.label })), field.help ? make("small", { text: field.help }) : null, fault);
    return { node, fault, focus: () => input.focus(), read: () => input.checked };
  },
  issis: (field, value) => {
    const input = make("input", { type: "text", inputmode: "numeric", autocomplete: "off", maxlength: 200 });
    input.value = (value ?? []).join(", ");
    const numbers = () => input.value.split(/[\s,;]+/).filter(Boolean).map((one) => (/^\d+$/.test(one) ? Number(one) : one));
    return { ...framed(field, input), read: numbers };
  },
  days: (field, value) => {
    const boxes = dayBoxes(value ?? []);
    return { ...grouped(field, boxes), read: () => daysIn(boxes) };
  },
  order: (field, value) => ordered(field, value ?? []),
  numbers: (field, value) => numbers(field, value),
};

function dayBoxes(chosen) {
  return make(
    "div",
    { class: "days" },
    ...DAYS.map((day) => {
      const box = make("input", { type: "checkbox", value: day });
      box.checked = chosen.includes(day);
      return make("label", { class: "tick" }, box, make("span", { text: told[`day_${day.toLowerCase()}`] }));
    }),
  );
}

const daysIn = (boxes) => [...boxes.querySelectorAll("input:checked")].map((box) => box.value);

/** Rows that are put in order by buttons. The focus follows the row that moves. */
function rows(nameOf) {
  const node = make("ol", { class: "order" });
  const put = (row) => {
    const move = (step) => {
      const other = step < 0 ? row.previousElementSibling : row.nextElementSibling;
      if (!other) return;
      if (step < 0) other.before(row);
      else other.after(row);
      retell();
      row.querySelector(`[data-step="${step}"]`).focus();
    };
    row.append(
      make(
        "span",
        { class: "acts" },
        make("button", { type: "button", "data-step": -1, text: "▲", onclick: () => move(-1) }),
        make("button", { type: "button", "data-step": 1, text: "▼", onclick: () => move(1) }),
        make("button", {
          type: "button",
          class: "quiet",
          "data-step": 0,
          text: told.take_out,
          onclick: () => {
            const next = row.nextElementSibling ?? row.previousElementSibling;
            row.remove();
            retell();
            (next?.querySelector("button") ?? node.parentElement?.querySelector("select, button"))?.focus();
          },
        }),
      ),
    );
    node.append(row);
    retell();
  };
  const retell = () => {
    [...node.children].forEach((row, at) => {
      const name = nameOf(row, at);
      const [up, down, out] = row.querySelectorAll(":scope > .acts > button");
      up.setAttribute("aria-label", filled(told.move_up, { name }));
      down.setAttribute("aria-label", filled(told.move_down, { name }));
      out.setAttribute("aria-label", filled(told.take_out_of, { name }));
    });
  };
  return { node, put, retell };
}

/** References in an order: what is not chosen yet stands in a list below. */
function ordered(field, chosen) {
  const names = new Map(field.options);
  const order = rows((row) => row.firstElementChild.textContent);
  const more = make("select", { "aria-label": filled(told.add_to, { name: field.label }) });
  const fill = () => {
    const there = new Set([...order.node.children].map((row) => row.dataset.key));
    more.replaceChildren(new Option(told.add_choose, ""), ...field.options.filter(([key]) => !there.has(key)).map(([key, name]) => new Option(name, key)));
  };
  const add = (key) => order.put(make("li", { "data-key": key }, make("span", { class: "who", text: names.get(key) ?? key })));
  chosen.forEach((key) => add(String(key)));
  more.onchange = () => {
    if (more.value) add(more.value);
    fill();
  };
  fill();
  more.onfocus = fill;
  return { ...grouped(field, order.node, more), read: () => [...order.node.children].map((row) => (field.number ? Number(row.dataset.key) : row.dataset.key)) };
}

/** Telephone numbers in the order they are tried, each with its kind and hours. Read as `{numbers, uses}`. */
function numbers(field, value) {
  const order = rows((row, at) => row.querySelector("input").value || filled(told.number_place, { place: at + 1 }));
  const add = (number = "", use = { kind: "other", hours: [] }) => {
    const input = make("input", { type: "tel", autocomplete: "off", maxlength: 40, "aria-label": told.number });
    input.value = number;
    input.onchange = () => order.retell();
    const kind = options({ options: KINDS.map((one) => [one, choice("number_kind", one)]) }, make("select", { "aria-label": told.number_kind }), use.kind);
    const stretches = make("div", { class: "stretches" });
    const stretch = (one = { weekdays: [], begins: "", ends: "" }) => {
      const [begins, ends] = [one.begins, one.ends].map((at, which) => {
        const box = make("input", { type: "text", inputmode: "numeric", maxlength: 5, placeholder: which ? "16:00" : "08:00", "aria-label": which ? told.hours_to : told.hours_from });
        box.value = at;
        return box;
      });
      const days = dayBoxes(one.weekdays);
      const node = make("fieldset", { class: "stretch" }, make("legend", { text: told.hours }), begins, make("span", { text: "–" }), ends, days);
      node.append(make("button", { type: "button", class: "quiet", text: told.hours_out, onclick: () => (node.remove(), input.focus()) }));
      stretches.append(node);
    };
    use.hours.forEach(stretch);
    order.put(
      make("li", {}, make("span", { class: "given" }, input, kind), stretches, make("button", { type: "button", class: "quiet hours", text: told.hours_add, onclick: () => (stretch(), stretches.lastElementChild.querySelector("input").focus()) })),
    );
    return input;
  };
  const uses = new Map((value?.uses ?? []).map((use) => [use.number, use]));
  (value?.numbers ?? []).forEach((number) => add(number, uses.get(number)));
  const more = make("button", { type: "button", text: told.number_add, onclick: () => add().focus() });
  const read = () => {
    const found = [...order.node.children].map((row) => ({
      number: row.querySelector("input").value.trim(),
      kind: row.querySelector(".given select").value,
      hours: [...row.querySelectorAll(".stretch")].map((one) => {
        const [begins, ends] = one.querySelectorAll(":scope > input");
        return { weekdays: daysIn(one), begins: begins.value.trim(), ends: ends.value.trim() };
      }),
    }));
    const given = found.filter((one) => one.number);
    return { numbers: given.map((one) => one.number), uses: given.filter((one) => one.kind !== "other" || one.hours.length) };
  };
  return { ...grouped(field, order.node, more), read };
}
