// Where somebody types the code of a room.

import { LANGUAGES, h, p, recall, root, speak, t } from "./live.js";

const languages = [recall("language"), navigator.language.slice(0, 2), "en"];
await speak(languages.find((language) => language in LANGUAGES), [""]);

function go(event) {
  event.preventDefault();
  location.assign(new URL(event.target.elements.code.value.replace(/\W/g, "").toUpperCase(), root));
}

const typing = { autocomplete: "off", autocapitalize: "characters", spellcheck: "false", required: true };
document.getElementById("page").append(
  h("header", {}, h("b", {}, "Partners")),
  h("main", {},
    location.pathname !== root.pathname && p("notice", t("why.no_session")),
    h("form", { onsubmit: go },
      h("h1", {}, h("label", { for: "code" }, t("code"))),
      h("input", { id: "code", name: "code", maxlength: 9, ...typing }),
      h("button", { class: "main" }, t("code.go"))),
    "hub" in document.body.dataset && h("a", { class: "quiet", href: new URL("open", root) }, t("hub.open"))),
);
