// Where somebody who is logged in at a hub opens a session. Its key stays in this browser.

import { LANGUAGES, ask, button, draw, h, newKey, p, reason, recall, remember, root, send, speak, t } from "./live.js";

const MANY = 8;
const at = { opened: recall("opened") ?? [] };

async function start() {
  const languages = [recall("language"), navigator.language.slice(0, 2), "en"];
  await speakAs(languages.find((language) => language in LANGUAGES));
  try {
    at.offers = (await (await ask("open/offers")).json()).role_plays;
  } catch (error) {
    failed(error);
  }
  show();
}

async function speakAs(language) {
  await speak(language, ["", "lead."]);
  remember("language", language);
  at.language = language;
}

function failed(error) {
  at.refused = error.status === 401;
  at.notice = reason(error);
  document.getElementById("news").textContent = at.notice;
}

// Nothing else happens meanwhile: the same tap twice would be two sessions.
async function doing(work) {
  if (at.busy) return;
  Object.assign(at, { busy: true, notice: "", asked: null });
  show();
  await work().catch(failed);
  at.busy = false;
  show();
}

const open = ({ name, title }, mode) =>
  doing(async () => {
    const { code, key, qr } = await send("open", { key: newKey(), role_play: name, mode, language: at.language });
    at.now = { code, title, key, qr };
    keep([{ code, title, key }, ...at.opened].slice(0, MANY));
    document.getElementById("news").textContent = t("hub.opened", at.now);
  });

const erase = (session) =>
  doing(async () => {
    try {
      await send("open/erase", { key: newKey() }, session.key);
    } catch (error) {
      if (error.status !== 401) throw error; // it is gone already
    }
    keep(at.opened.filter(({ code }) => code !== session.code));
    document.getElementById("news").textContent = at.notice = t("hub.erased", session);
  });

function keep(sessions) {
  at.opened = sessions;
  remember("opened", sessions);
}

// --- the screen

function show() {
  const { now, notice, offers, refused } = at;
  draw(document.getElementById("page"),
    h("div", { id: "page" },
      h("header", {}, h("b", {}, "Partners"), !now && languages()),
      h("main", {},
        h("h1", { tabindex: -1 }, now ? t("hub.opened", now) : t("hub.open")),
        notice && p("notice", notice),
        refused && h("a", { class: "main", href: new URL("open", root) }, t("hub.login")),
        now && ways(now),
        !now && at.opened.length > 0 && before(),
        !now && offers && list(offers))));
  if (now !== at.shown) document.querySelector("h1").focus();
  at.shown = now;
}

function languages() {
  const option = ([value, name]) => h("option", { value, selected: value === at.language }, name);
  const onchange = async ({ target }) => {
    await speakAs(target.value);
    show();
  };
  return h("label", {}, `${t("lead.language")} `,
    h("select", { onchange }, ...Object.entries(LANGUAGES).map(option)));
}

function list(offers) {
  const row = (offer) =>
    h("li", {},
      h("h2", {}, offer.title),
      p("hint", t("lead.minutes", { n: offer.minutes })),
      p("", t("hub.practises", { what: offer.practises.join(", ") })),
      h("div", { class: "row" }, ...offer.modes.map((mode) => opener(offer, mode))));
  return h("section", {}, p("", t("hub.say")), h("ol", {}, ...offers.map(row)));
}

function opener(offer, mode) {
  const words = t(`hub.${mode}`);
  return button(words, () => open(offer, mode), mode === "vote" ? "main" : "quiet", {
    "aria-label": `${words}: ${offer.title}`,
    "aria-disabled": at.busy && "true",
  });
}

const link = (path, words, kind = "quiet", more = {}) =>
  h("a", { class: kind, href: new URL(path, root), target: "_blank", rel: "noopener", ...more }, words);

function ways({ code, title, key, qr }) {
  const drawn = new DOMParser().parseFromString(qr, "image/svg+xml").documentElement;
  const back = () => {
    at.now = null;
    show();
  };
  return h("div", {},
    h("div", {},
      p("hint", title),
      p("", t("hub.join", { address: root.href.replace(/^https?:\/\/|\/$/g, "") })),
      p("code", code)),
    h("div", { class: "row" },
      link(`stage/${code}`, t("lead.stage"), "main"),
      link(`lead#${key}`, t("hub.lead"), "main")),
    h("section", {},
      p("", t("hub.phone")),
      h("div", { class: "qr", role: "img", "aria-label": t("hub.phone") }, drawn)),
    h("section", {}, h("div", { class: "row" }, button(t("hub.back"), back))));
}

function before() {
  const row = (session) => {
    const { code, title, key } = session;
    const asked = at.asked === code;
    const sure = () => {
      at.asked = asked ? null : code;
      show();
    };
    const named = (words) => ({ "aria-label": `${words}: ${code}` });
    return h("li", { class: asked && "asked" },
      h("b", {}, code), p("hint", title),
      asked
        ? h("div", {},
            p("", t("hub.sure", { code })),
            h("div", { class: "row" }, button(t("hub.erase"), () => erase(session)), button(t("lead.no"), sure)))
        : h("div", { class: "row" },
            link(`stage/${code}`, t("lead.stage"), "quiet", named(t("lead.stage"))),
            link(`lead#${key}`, t("hub.lead"), "quiet", named(t("hub.lead"))),
            button(t("hub.erase"), sure, "quiet", named(t("hub.erase")))));
  };
  return h("section", {}, h("h2", {}, t("hub.before")), h("ul", {}, ...at.opened.map(row)));
}

start();
