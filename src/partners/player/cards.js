// Cards that are sorted into piles. One card is in hand: a press on a pile lays it there, and so does the
// pile's key or a drag. A card that is pressed is taken up again; it stays where it lies until it is
// laid elsewhere.

import { itemsOf } from "./answers.js";
import { button, h } from "./dom.js";

const SAYS = {
  how: "Press the pile where the card in your hand belongs.",
  orByKey: (keys) => ` You can also drag it there, or press ${keys.slice(0, -1).join(", ")} or ${keys.at(-1)} on the keyboard.`,
  inHand: (left) => (left > 1 ? `In your hand; ${left - 1} more to sort` : "In your hand, the last one"),
  inHandFrom: (pile) => `In your hand, from “${pile}”`,
  allLie: (all) => `All ${all} cards lie in a pile. Press a card to read it again or to lay it elsewhere.`,
  later: "Another card first",
  leave: "Leave it there",
  moved: (card, pile, n) => `${card}: now in “${pile}”, which holds ${n}.`,
};

// `sheet` is the worksheet that keeps where each card lies.
export class Cards {
  constructor(sheet, name, question) {
    Object.assign(this, { sheet, name, question, held: null, dragged: null });
    this.heldId = sheet.idOf(name, "", "held");
    this.hand = h("div", { class: "ws-hand", role: "group", tabindex: "-1", "aria-describedby": this.heldId });
    this.deck = h("ul", { class: "ws-deck", "data-pile": "" });
    this.piles = h("div", { class: "ws-piles" }, Object.entries(question.options).map((pile) => this.pile(...pile)));
    this.cards = new Map(itemsOf(question).map(([item, { text = "" }]) => [item, this.card(item, text)]));
    for (const item of this.cards.keys()) this.lay(item, sheet.value(name, item));
    this.hold(this.unsorted[0]);
  }

  drawn() {
    const keys = h("span", { class: "ws-desk" }, SAYS.orByKey(Object.keys(this.question.options)));
    const onkeydown = (event) => this.layByKey(event);
    return [
      this.sheet.asked(this.name, this.question),
      h("p", { class: "pt-hint ws-how" }, SAYS.how, keys),
      h("div", { class: "ws-sort", onkeydown }, this.hand, this.deck, this.piles),
    ];
  }

  // The text of an option is the pile's name; after a colon, what belongs there.
  pile(key, text) {
    const [title, ...about] = text.split(": ");
    const back = this.sheet.idOf(this.name, key, "pile");
    const onclick = ({ target }) => {
      if (this.held && !target.closest(".ws-card")) this.move(this.held, key);
    };
    return h(
      "section",
      { class: "ws-pile", "data-pile": key, onclick, ...this.takesDrops(key) },
      h(
        "button",
        { type: "button", class: "ws-pile-head", "aria-describedby": back },
        h("b", {}, key, title && ` · ${title}`),
        " ",
        h("span", { class: "ws-count" }),
        about.length ? h("span", { class: "ws-about" }, about.join(": ")) : null,
      ),
      h("ul", { "aria-label": title ? `${key} · ${title}` : key }),
      h("p", { class: "ws-back", id: back }),
    );
  }

  takesDrops(key) {
    return {
      ondragover: (event) => {
        if (!this.dragged) return;
        event.preventDefault();
        event.currentTarget.classList.add("ws-over");
      },
      ondragleave: ({ currentTarget, relatedTarget }) =>
        currentTarget.classList.toggle("ws-over", currentTarget.contains(relatedTarget)),
      ondrop: (event) => {
        event.preventDefault();
        event.currentTarget.classList.remove("ws-over");
        if (this.dragged) this.move(this.dragged, key);
        this.dragged = null; // the card may be drawn anew, and then nothing tells that the drag has ended
      },
    };
  }

  card(item, text) {
    const onclick = () => this.hold(this.held === item ? this.unsorted[0] : item, true);
    const onkeydown = (event) => {
      if (event.key !== "Enter" && event.key !== " ") return;
      event.preventDefault();
      onclick();
    };
    const back = this.sheet.backOf(this.name, item);
    // No <button>: not every browser lets one be dragged.
    const chip = h(
      "div",
      { class: "ws-chip", role: "button", tabindex: "0", "aria-describedby": back.id, onclick, onkeydown, ...this.drags(item) },
      h("b", {}, item),
      text ? h("span", {}, ` ${text}`) : null,
    );
    return h("li", { class: "ws-card", "data-card": item }, chip, back);
  }

  drags(item) {
    const ondragstart = ({ dataTransfer }) => {
      this.dragged = item;
      dataTransfer.setData("text/plain", item);
      dataTransfer.effectAllowed = "move";
    };
    return { draggable: "true", ondragstart, ondragend: () => (this.dragged = null) };
  }

  get unsorted() {
    return [...this.deck.children].map((card) => card.dataset.card);
  }

  // Puts the card where it lies and returns the pile; it is the deck for a key that no pile has.
  lay(item, key) {
    const pile = [...this.piles.children].find((one) => one.dataset.pile === String(key)) ?? this.deck;
    (pile.querySelector("ul") ?? this.deck).append(this.cards.get(item));
    for (const one of this.piles.children) {
      const n = one.querySelectorAll(".ws-card").length;
      one.querySelector(".ws-count").textContent = n ? `(${n})` : "";
      if (!n) one.lastChild.textContent = "";
    }
    return pile;
  }

  // Takes a card into the hand, or none: then all lie in a pile.
  hold(item = null, focus = false) {
    this.held = item;
    for (const [one, card] of this.cards) card.firstChild.setAttribute("aria-pressed", String(one === item));
    for (const head of this.piles.querySelectorAll(".ws-pile-head")) head.disabled = !item;
    const lies = item && !this.unsorted.includes(item);
    const says = this.inWords(item, lies);
    this.hand.setAttribute("aria-label", item ? `${says}: ${item}` : says);
    this.hand.replaceChildren(h("p", { class: "pt-kicker" }, says), ...(item ? this.inHand(item, lies) : []));
    if (focus) this.hand.focus({ preventScroll: true });
  }

  inWords(item, lies) {
    if (!item) return SAYS.allLie(this.cards.size);
    return lies ? SAYS.inHandFrom(this.pileName(item)) : SAYS.inHand(this.unsorted.length);
  }

  inHand(item, lies) {
    const text = this.question.items[item].text ?? "";
    const later = () => {
      if (!lies) this.lay(item, "");
      this.hold(this.unsorted[0], true);
    };
    return [
      ...(lies || this.unsorted.length > 1 ? [button(lies ? SAYS.leave : SAYS.later, later)] : []),
      h("p", { class: "ws-held", ...this.drags(item) }, h("b", {}, item), " ", h("span", { id: this.heldId }, text)),
    ];
  }

  // What is asked back about the cards of each pile.
  askBack() {
    const { back = {} } = this.question;
    for (const pile of this.piles.children)
      pile.lastChild.textContent = pile.querySelector(".ws-card") ? (back[pile.dataset.pile] ?? back.any ?? "") : "";
  }

  pileName(item) {
    return this.cards.get(item).closest(".ws-pile").querySelector("b").textContent;
  }

  layByKey(event) {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const keys = Object.keys(this.question.options);
    const key = keys.find((one) => one.toUpperCase() === event.key.toUpperCase());
    const item = event.target.closest(".ws-card")?.dataset.card ?? this.held;
    if (key === undefined || !item) return;
    event.preventDefault();
    this.move(item, key);
  }

  async move(item, key) {
    const pile = this.lay(item, key);
    for (const [one, card] of this.cards) card.classList.toggle("ws-last", one === item);
    this.hold(this.held === item ? this.unsorted[0] : this.held, true);
    await this.sheet.put(this.name, item, key);
    const n = pile.querySelectorAll(".ws-card").length;
    this.sheet.tell(`${SAYS.moved(item, this.pileName(item), n)} ${this.sheet.status.textContent}`);
  }
}
