// The message coach: what there is to say about a message to a family. It points and explains; it
// gives no marks. It says what src/partners/writing/notes.py says; tests/writing hold them together.
// `rules` is what partners.writing.rules_for_page gives.

// Notes of start, end, rule, says, instead and source on `text`; start and end are places in it, both 0
// for a note on the whole. `source` is a key of rules.sources, which names authors and year.
export function coach(text, channel, rules) {
  const limits = rules.channels[channel];
  if (!limits) throw new Error(`there is no channel "${channel}"`);
  if (!wordsIn(text, rules).length) return [];
  return Object.entries(rules.rules)
    .filter(([, rule]) => !rule.channels || rule.channels.includes(channel))
    .flatMap(([name, rule]) =>
      told(rule, text, limits, rules).map(([start, end, says, instead]) => {
        return { start, end, rule: name, says, instead, source: rule.source };
      }),
    )
    .sort((a, b) => a.start - b.start || a.end - b.end);
}

// The number of words, and the school grade by two formulas: partners.course.reading.level.
export function readingLevel(text, rules) {
  const found = wordsIn(text, rules);
  const count = found.length;
  const parts = text.split(regex(rules.level.sentence_end));
  const sentences = Math.max(1, parts.filter((part) => wordsIn(part, rules).length).length);
  const letters = sum(found.map((word) => word.length));
  const beats = sum(found.map((word) => syllables(word, rules.hyphens)));
  return {
    words: count,
    flesch_kincaid: tenths((0.39 * count) / sentences + (11.8 * beats) / count - 15.59),
    coleman_liau: tenths((5.88 * letters) / count - (29.6 * sentences) / count - 15.8),
  };
}

// As Python rounds: of two tenths equally near, to the even one.
const tenths = (grade) => ((Math.abs(grade) * 4) % 4 === 1 ? grade * 0.9999 : grade).toFixed(1);
const sum = (numbers) => numbers.reduce((all, one) => all + one, 0);

function told(rule, text, limits, rules) {
  if (rule.measure) {
    return measured(rule, text, limits, rules).map(([start, end, values]) => {
      return [start, end, rule.says.replace(/\{(\w+)\}/g, (_, name) => values[name]), ""];
    });
  }
  for (const hidden of rule.but_not ?? []) {
    text = text.replace(whole(hidden, rules), (found) => "·".repeat(found.length));
  }
  if (rule.only_if && !matches(rule.only_if, text, rules)) return [];
  const early = sentencesOf(text, rules).slice(0, rule.early ? limits.opening : undefined);
  if (early.some(([start, end]) => matches(rule.wants, text.slice(start, end), rules))) return [];
  const hits = hitsOf(rule, text, rules);
  if (rule.missing && !hits.length) return [[0, 0, rule.missing, ""]];
  return rule.wants ? hits.slice(0, 1) : hits;
}

// The words that `rule` points at: the longest where several fit, and the same ones once.
function hitsOf(rule, text, rules) {
  const found = Object.entries(rule.points_at ?? {}).flatMap(([pattern, plain]) =>
    [...text.matchAll(whole(pattern, rules, rule.exact_case))].map((hit) => {
      return [hit.index, hit.index + hit[0].length, plain];
    }),
  );
  let last = 0;
  const known = new Set();
  const hits = [];
  for (const [start, end, plain] of found.sort((a, b) => a[0] - b[0] || b[1] - a[1])) {
    const said = text.slice(start, end);
    if (start >= last && !known.has(said.toLowerCase())) {
      const explained = (rule.explained ?? []).map((around) => around.replaceAll("{}", said));
      if (!matches(explained, text, rules)) hits.push([start, end, rule.says ?? "", plain]);
      known.add(said.toLowerCase());
    }
    last = Math.max(last, end);
  }
  return hits;
}

function measured(rule, text, limits, rules) {
  if (rule.measure === "sentence") {
    return sentencesOf(text, rules)
      .map(([start, end]) => [start, end, { words: wordsIn(text.slice(start, end), rules).length }])
      .filter(([, , { words }]) => words > limits.sentence);
  }
  const level = readingLevel(text, rules);
  const grade = Math.min(level.flesch_kincaid, level.coleman_liau);
  const noted =
    rule.measure === "message"
      ? level.words > limits.message
      : level.words >= (rule.fewest ?? 0) && grade > limits.grade;
  return noted ? [[0, 0, { ...level, limit: limits.message }]] : [];
}

// Where each sentence that holds a letter or a figure begins and ends.
function sentencesOf(text, rules) {
  const ends = [...text.matchAll(regex(rules.sentence_end))].map((end) => end.index + end[0].length);
  return [...ends, text.length].flatMap((end, n) => {
    const part = text.slice(ends[n - 1] ?? 0, end).trimStart();
    const start = end - part.length;
    return /[a-z0-9]/i.test(part) ? [[start, start + part.trimEnd().length]] : [];
  });
}

const wordsIn = (text, rules) => text.match(regex(rules.level.word)) ?? [];
const matches = (patterns = [], text, rules) =>
  patterns.some((pattern) => text.search(whole(pattern, rules)) >= 0);

// ---------------------------------------------------------------- patterns, as rules.yml explains them

const LONG = { " ": "[ \\n\\r\\t\\xa0]+", "'": "['’]" };
const compiled = new Map();

// Compiled once: `search`, `match`, `matchAll`, `split` and `replace` begin anew each time.
function regex(source, flags = "g") {
  const key = `${flags} ${source}`;
  if (!compiled.has(key)) compiled.set(key, new RegExp(source, flags));
  return compiled.get(key);
}

function whole(pattern, rules, exactCase) {
  const key = `${exactCase ? "as it is" : ""} ${pattern}`;
  if (!compiled.has(key)) {
    const source = `(?<!\\w)(?:${writtenOut(pattern, rules.parts)})(?!\\w)`;
    compiled.set(key, regex(source, exactCase ? "gsu" : "gisu"));
  }
  return compiled.get(key);
}

function writtenOut(pattern, parts) {
  return pattern.replace(/\[[^\]]*\]|\{([a-z_]+)\}|[ ']/g, (sign, part) =>
    part ? `(?:${writtenOut([parts[part]].flat().join("|"), parts)})` : (LONG[sign] ?? sign),
  );
}

// ---------------------------------------------------------------- syllables, as pyphen divides words

const unpacked = new Map();

// The points of each pattern by its letters: an odd one allows a division, the highest one counts.
function pointsOf(hyphens) {
  if (unpacked.has(hyphens)) return unpacked.get(hyphens);
  const points = new Map();
  let last = "";
  for (const [, shared, rest] of hyphens.matchAll(/([A-Z])([^A-Z]*)/g)) {
    last = last.slice(0, shared.charCodeAt(0) - 65) + rest;
    points.set(last.replace(/\d/g, ""), last.split(/\D/).map(Number));
  }
  unpacked.set(hyphens, points);
  return points;
}

function syllables(word, hyphens) {
  const points = pointsOf(hyphens);
  const dotted = `.${word.toLowerCase()}.`;
  const highest = new Array(dotted.length + 1).fill(0);
  for (let start = 0; start < dotted.length; start++) {
    for (let end = start + 1; end <= dotted.length; end++) {
      const here = points.get(dotted.slice(start, end)) ?? [];
      here.forEach((point, n) => (highest[start + n] = Math.max(highest[start + n], point)));
    }
  }
  // No syllable has one letter at the edge of a word. A hyphen that is written divides, too.
  const inside = highest.slice(3, word.length);
  return inside.filter((point) => point % 2).length + word.split("-").length;
}
