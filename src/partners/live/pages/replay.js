// A session from a file, on the stage: step by step with the arrow keys, or by its own time with the space bar.

import { button, draw, h, persist, t } from "./live.js";
import { see } from "./stage.js";

const SPEEDS = [1, 4, 16];
const TICK = 250;
const at = { step: 0, time: 0, speed: 4 };

async function start() {
  Object.assign(at, await persist("steps"));
  if (at.steps.length) await go(0);
}

// To a step of the facilitator’s.
async function go(step) {
  at.step = Math.min(Math.max(step, 0), at.steps.length - 1);
  const [event, time] = at.steps[at.step];
  at.time = time;
  await look(event);
}

async function look(event) {
  if (event !== at.event) {
    at.event = event;
    const { about, room } = await persist(`at/${event}`);
    if (event !== at.event) return; // somebody was quicker
    see("about", about);
    await see("room", room);
  }
  show();
}

function tick() {
  if (!at.playing) return;
  at.time += TICK * at.speed;
  const passed = (rows) => rows.filter(([, time]) => time <= at.time);
  at.step = Math.max(0, passed(at.steps).length - 1);
  at.playing = at.time < at.moments.at(-1)[1];
  look((passed(at.moments).at(-1) ?? at.steps[0])[0]);
}

function play() {
  at.playing = !at.playing;
  if (at.playing && at.step === at.steps.length - 1) go(0);
  show();
}

const clock = (ms) => `${Math.floor(ms / 60000)}:${String(Math.floor(ms / 1000) % 60).padStart(2, "0")}`;

function show() {
  const { step, steps, playing, speed, time } = at;
  const end = (wanted) => ({ "aria-disabled": wanted && "true" });
  const pace = (n) => h("option", { value: n, selected: n === speed }, t("replay.times", { n }));
  draw(
    document.getElementById("player"),
    h("nav", { id: "player", "aria-label": t("replay") },
      button(t("replay.back"), () => go(step - 1), "quiet", end(step === 0)),
      button(t(playing ? "replay.pause" : "replay.play"), play),
      button(t("replay.next"), () => go(step + 1), "quiet", end(step === steps.length - 1)),
      h("label", {}, t("replay.speed"), " ",
        h("select", { onchange: ({ target }) => (at.speed = Number(target.value)) }, ...SPEEDS.map(pace))),
      h("span", {}, t("replay.at", { step: step + 1, all: steps.length, time: clock(time) }))),
  );
}

const KEYS = {
  ArrowLeft: () => go(at.step - 1),
  ArrowRight: () => go(at.step + 1),
  Home: () => go(0),
  End: () => go(at.steps.length - 1),
  " ": play,
};

addEventListener("keydown", (event) => {
  if (!KEYS[event.key] || event.target.closest("button, select") || event.ctrlKey || event.metaKey) return;
  event.preventDefault();
  KEYS[event.key]();
});
setInterval(tick, TICK);
start();
