// The few lines that make elements, buttons and files for everything that is drawn in a browser, and
// that read what was typed there.

export function h(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else if (value !== null && value !== false) element.setAttribute(name, value);
  }
  element.append(...children.flat().filter((child) => child !== null && child !== undefined));
  return element;
}

export const button = (text, onclick, kind = "quiet") =>
  h("button", { type: "button", class: `pt-button pt-${kind}`, onclick }, text);

export const paragraphs = (text) =>
  text.trim().split(/\n\s*\n/).map((part) => h("p", {}, part.replace(/\s+/g, " ")));

// The number in an answer, which may have a decimal comma; NaN if it is none.
export const toNumber = (text) =>
  typeof text === "number" ? text : text.trim() ? Number(text.trim().replace(",", ".").replace("−", "-")) : NaN;

// Hands the reader a file.
export function download(name, type, text) {
  const url = URL.createObjectURL(new Blob([text], { type }));
  h("a", { href: url, download: name }).click();
  setTimeout(() => URL.revokeObjectURL(url), 1000);
}
