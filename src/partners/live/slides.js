// Makes the sections one slide at a time. Without it they are a long page.

const slides = [...document.querySelectorAll("section")];
const button = (text, step) => {
  const made = document.createElement("button");
  made.type = "button";
  made.textContent = text;
  made.onclick = () => go(now() + step);
  return made;
};
const [back, next] = [button("Back", -1), button("Next", 1)];
const place = document.createElement("p");
place.setAttribute("role", "status");

const now = () => Math.max(0, slides.findIndex((slide) => `#${slide.id}` === location.hash));

function go(number) {
  const slide = slides[number];
  if (!slide) return;
  history.replaceState(null, "", `#${slide.id}`);
  show();
}

function show() {
  const number = now();
  slides.forEach((slide, i) => slide.classList.toggle("now", i === number));
  const heard = document.createElement("span");
  heard.className = "heard";
  heard.textContent = `: ${slides[number].querySelector("h2").textContent}`;
  place.replaceChildren(`${number + 1} of ${slides.length}`, heard);
  back.setAttribute("aria-disabled", number === 0);
  next.setAttribute("aria-disabled", number === slides.length - 1);
  scrollTo(0, 0);
}

// A clicker sends PageDown and PageUp, or the arrows.
const STEPS = { ArrowRight: 1, PageDown: 1, " ": 1, ArrowLeft: -1, PageUp: -1 };

addEventListener("keydown", (event) => {
  const { key, target, shiftKey, ctrlKey, altKey, metaKey } = event;
  const places = { Home: 0, End: slides.length - 1 };
  if (ctrlKey || altKey || metaKey || !(key in STEPS || key in places)) return;
  if (key === " " && target.closest("button")) return;
  event.preventDefault();
  go(places[key] ?? now() + (key === " " && shiftKey ? -1 : STEPS[key]));
});
addEventListener("hashchange", show);

const bar = document.createElement("nav");
bar.setAttribute("aria-label", "Slides");
bar.append(back, place, next);
document.body.append(bar);
document.documentElement.classList.add("deck");
show();
