// What a widget in a notebook needs of its notebook: an answer from Python, and its keys to itself.

// Sends a message to Python and resolves to its answer, or to `unheard` if none comes.
export const asked = (model, message, unheard) =>
  new Promise((resolve) => {
    const done = (answer) => {
      clearTimeout(late);
      model.off("msg:custom", done);
      resolve(answer);
    };
    const late = setTimeout(done, 10_000, unheard);
    model.on("msg:custom", done);
    try {
      model.send(message);
    } catch {
      done(unheard); // the kernel was restarted
    }
  });

// A key pressed in `element` is none of the notebook's, where "d d" deletes the cell and Shift+Enter
// runs it; Ctrl+S and its like still are. Only the window hears a key before the notebook does, and
// the notebook looks for the attribute on the element in focus. Returns how to end it.
export function keepKeys(element) {
  const guard = ({ target, key, ctrlKey, metaKey }) => {
    const ours = key === "Enter" || !(ctrlKey || metaKey);
    if (element.contains(target)) target.toggleAttribute("data-lm-suppress-shortcuts", ours);
  };
  window.addEventListener("keydown", guard, true);
  return () => window.removeEventListener("keydown", guard, true);
}
