// Numbers with their units, and moments, as the reader's language writes them.
const language = document.documentElement.lang || "en";
const made = new Map();

function number(value, options) {
  const key = JSON.stringify(options);
  if (!made.has(key)) made.set(key, new Intl.NumberFormat(language, options));
  return made.get(key).format(value);
}
const plain = (value) => number(value, Math.abs(value) >= 100_000
  ? { notation: "compact", maximumSignificantDigits: 3 } : { maximumSignificantDigits: 3 });
const measured = (value, unit) => number(value, { style: "unit", unit, unitDisplay: "short", maximumSignificantDigits: 3 });

/** [from which value on, what it is divided by, name], the largest first */
const SECONDS = [[7200, 3600, "hour"], [120, 60, "minute"], [1, 1, "second"], [0, 0.001, "millisecond"]];
const BYTES = [[1e12, 1e12, "terabyte"], [1e9, 1e9, "gigabyte"], [1e6, 1e6, "megabyte"], [1e3, 1e3, "kilobyte"], [0, 1, "byte"]];
const scaled = (value, units) => {
  const [, divisor, name] = units.find(([from]) => Math.abs(value) >= from);
  return measured(value / divisor, name);
};

/** A function from a value of `unit` to words; `perSecond` is how a rate is written, with {n}. */
export function writer(unit, perSecond) {
  const write = {
    "s": (value) => (value ? scaled(value, SECONDS) : measured(0, "second")),
    "bytes": (value) => scaled(value, BYTES),
    "ratio": (value) => number(value, { style: "percent", maximumSignificantDigits: 3 }),
    "/s": (value) => perSecond.replace("{n}", plain(value)),
    "count": plain,
    "": plain,
  }[unit] || ((value) => `${plain(value)} ${unit}`);
  return (value) => (value === null || value === undefined ? "–" : write(value));
}

function moments(zone, options) {
  const format = new Intl.DateTimeFormat(language, { timeZone: zone, hourCycle: "h23", ...options });
  return (seconds) => format.format(new Date(seconds * 1000));
}

/** Functions from seconds since 1970 to words, in the time zone of the site. */
export function clock(zone) {
  const day = moments(zone, { day: "numeric", month: "short" });
  return {
    day,
    minute: moments(zone, { hour: "2-digit", minute: "2-digit" }),
    second: moments(zone, { hour: "2-digit", minute: "2-digit", second: "2-digit" }),
    whole: moments(zone, { day: "numeric", month: "short", hour: "2-digit", minute: "2-digit", second: "2-digit" }),
  };
}
