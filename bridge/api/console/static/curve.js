// The curve of answers: how many functions had answered by when, as a picture that is read aloud, and as figures.
import { words } from "./dom.js";
import { filled } from "./words.js";

const SPACE = "http://www.w3.org/2000/svg";
const [WIDTH, HEIGHT, LEFT, BELOW] = [600, 180, 44, 26];
const MINUTE_S = 60;
const MOST_ROWS = 12;

const node = (tag, attributes = {}, text = "") => {
  const made = document.createElementNS(SPACE, tag);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  made.textContent = text;
  return made;
};

export const curve = {
  into(place) {
    this.picture = node("svg", { viewBox: `0 0 ${WIDTH} ${HEIGHT}`, class: "curve", role: "img", "aria-labelledby": "curve-title curve-desc" });
    place.replaceChildren(this.picture);
  },

  /**
   * @param {number[]} answered seconds from the start, one for each function that has answered
   * @param {number} total the functions that are called
   * @returns {[number, number][]} minutes from the start, and the functions that had answered by then
   */
  show(answered, total, title) {
    const sorted = [...answered].sort((one, other) => one - other);
    const minutes = Math.max(1, Math.ceil((sorted.at(-1) ?? 0) / MINUTE_S));
    const x = (s) => LEFT + (s / (minutes * MINUTE_S)) * (WIDTH - LEFT - 8);
    const y = (count) => HEIGHT - BELOW - (count / Math.max(1, total)) * (HEIGHT - BELOW - 10);
    const steps = sorted.map((s, index) => `H${x(s).toFixed(1)}V${y(index + 1).toFixed(1)}`).join("");
    const text = (at, down, said, anchor) => node("text", { x: at, y: down, "text-anchor": anchor }, said);
    this.picture.replaceChildren(
      node("title", { id: "curve-title" }, title),
      node("desc", { id: "curve-desc" }, filled(words.curve_desc, { count: sorted.length, total, minutes })),
      node("line", { x1: LEFT, y1: y(total), x2: WIDTH - 8, y2: y(total), class: "whole" }),
      node("path", { d: `M${LEFT} ${y(0)}${steps}H${WIDTH - 8}`, class: "answered" }),
      text(LEFT - 6, y(total) + 5, String(total), "end"),
      text(LEFT - 6, y(0) + 5, "0", "end"),
      text(LEFT, HEIGHT - 6, "0", "start"),
      text(WIDTH - 8, HEIGHT - 6, `${minutes} min`, "end"),
    );
    const every = Math.ceil(minutes / MOST_ROWS);
    const marks = Array.from({ length: Math.ceil(minutes / every) }, (_, index) => Math.min(minutes, (index + 1) * every));
    return marks.map((minute) => [minute, sorted.filter((s) => s <= minute * MINUTE_S).length]);
  },
};
