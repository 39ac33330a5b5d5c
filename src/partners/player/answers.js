// What an answer of a worksheet is, whoever shows it: no screen, no store.

const FORMAT = "partners-answers/1";

export const itemsOf = (question) => Object.entries(question.items ?? {});
export const optionsOf = (question, item) => question.items?.[item]?.options ?? question.options;
export const isFilled = (value) => typeof value === "number" || (typeof value === "string" && value.trim() !== "");

// Every [question, item, value] of a form; a question without items has the item "".
export function cellsOf(questions, answers) {
  return Object.entries(questions).flatMap(([name, question]) => {
    const items = itemsOf(question).map(([item]) => item);
    if (!items.length) return [[name, "", answers[name]]];
    return items.map((item) => [name, item, answers[name]?.[item]]);
  });
}

// What is asked back about an answer: about this choice, or about any.
export function askedBack(question, item, value) {
  const own = question.items?.[item]?.back ?? {};
  const shared = question.kind === "sort" ? {} : (question.back ?? {}); // a pile asks once for all its cards
  const text = own[value] ?? own.any ?? shared[value] ?? shared.any ?? "";
  return text.replaceAll("{item}", item);
}

// The names of cells; where a form asks several questions, those of one after what it asks.
export function namesOf(questions, cells) {
  const several = Object.keys(questions).length > 1;
  return Object.entries(questions).flatMap(([name, { ask }]) => {
    const items = cells.filter(([of]) => of === name).map(([, item]) => item);
    if (several && items.length) return [`${ask} ${items.join(", ")}`.trim()];
    return items.map((item) => item || ask);
  });
}

export function withAnswer(answers, name, item, value) {
  return { ...answers, [name]: item ? { ...answers[name], [item]: value } : value };
}

// `answers` with those of a file laid over them, item by item: what the file does not hold stays.
export function withFile(answers, given) {
  const both = (kept, come) => (kept?.constructor === Object && come?.constructor === Object ? { ...kept, ...come } : come);
  const laid = Object.entries(given).map(([name, value]) => [name, both(answers[name], value)]);
  return { ...answers, ...Object.fromEntries(laid) };
}

// As partners.course.reading counts them: figures are none.
export const countWords = (text) => (text.match(/\p{L}+(?:[’'-]\p{L}+)*/gu) ?? []).length;

const given = (value) => {
  if (value?.constructor !== Object) return isFilled(value) ? value : undefined;
  const filled = Object.entries(value).filter(([, one]) => isFilled(one));
  return filled.length ? Object.fromEntries(filled) : undefined;
};

// What is handed in: the answers of an exercise, what was played for it, and whose it is.
export const work = (exercise, answers, transcripts, who) => ({
  format: FORMAT,
  exercise,
  answers: Object.fromEntries(
    Object.entries(answers).flatMap(([name, value]) => (given(value) === undefined ? [] : [[name, given(value)]])),
  ),
  transcripts,
  who,
  saved: new Date().toISOString(),
});

// The work in a text, or an error that says in words why it is none of this exercise.
export function workIn(text, exercise) {
  let data;
  try {
    data = JSON.parse(text);
  } catch {
    throw new Error("is cut short or edited");
  }
  if (data?.format !== FORMAT || data.answers?.constructor !== Object) throw new Error("is not a file of answers");
  if (data.exercise !== exercise) throw new Error(`belongs to the exercise “${data.exercise}”`);
  const isWhole = (value) => value?.constructor !== Object || Object.values(value).every((one) => given(one) !== undefined);
  if (!Object.values(data.answers).every((value) => given(value) !== undefined && isWhole(value)))
    throw new Error("was edited: it holds what no worksheet writes");
  return data;
}
