// The conversation as a widget in a notebook; a page does without.

import { asked, keepKeys } from "./notebook.js";
import { Player, WORDS } from "./talk.js";

export function render({ model, el }) {
  el.classList.add("partners-roleplay");
  const store = {
    load: () => model.get("attempts"),
    save(attempts) {
      model.set("attempts", attempts);
      model.save_changes();
    },
    toNotebook: () => asked(model, { save: true }, { failed: WORDS.unsaved }),
  };
  const player = new Player(el, model.get("role_play"), store);

  // The same conversation can stand under two cells, and Python can set its attempts.
  const follow = () => {
    if (model.get("attempts") !== player.attempts) player.load();
  };
  model.on("change:attempts", follow);

  const giveKeysBack = keepKeys(el);
  return () => {
    model.off("change:attempts", follow);
    giveKeysBack();
  };
}
