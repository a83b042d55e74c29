// The page's words, and reasons said in them. The rules of the texts are those of bridge/words/catalogue.py.

/** Single words by key, and `sections` by name. */
export const words = JSON.parse(document.getElementById("words").textContent);
export const locale = words.locale;
const HOLE = /\{(\w+)(?::(\w+)|\|([^|{}]*)\|([^|{}]*))?\}/g;
const OPTIONAL = /\[([^[\]]*)\]/g;

const shown = (value) => (typeof value === "number" ? String(value).replace(".", locale.startsWith("sv") ? "," : ".") : String(value));

/** A value's own words in a section: by the whole of it, by the words it begins with, or by `other`. */
export function entry(section, value) {
  const entries = words.sections[section] ?? {};
  const text = String(value);
  if (Object.hasOwn(entries, text)) return entries[text];
  const [begun] = Object.keys(entries).filter((key) => text.startsWith(`${key} `)).sort((one, other) => other.length - one.length);
  if (begun) return `${entries[begun]} ${text.slice(begun.length).trim()}`;
  return (entries.other ?? "{value}").replaceAll("{value}", text);
}

/** A text with its data filled in; what stands in brackets is left out where it has no value. */
export function filled(text, data) {
  const has = (part) => [...part.matchAll(HOLE)].every(([, name]) => data[name] !== undefined && data[name] !== null);
  const fill = (part) =>
    part.replace(HOLE, (_, name, section, one, many) => {
      const value = data[name];
      if (value === undefined || value === null) return "–";
      if (one !== undefined) return value === 1 ? one : many;
      if (typeof value === "object") return reason(value.code, value.data);
      return section ? entry(section, shown(value)) : shown(value);
    });
  return fill(text.replace(OPTIONAL, (_, part) => (has(part) ? fill(part) : "")));
}

/** A reason in words; one without words is shown by its code. */
export function reason(code, data) {
  if (!code) return null;
  const text = words.sections.reason[code];
  return text ? filled(text, data ?? {}) : code;
}

/** As a sentence of its own. */
export const sentence = (text) => (text ? text[0].toUpperCase() + text.slice(1) : text);
