// Copies the few front-end files the site uses from node_modules into static/vendor, without their source
// maps, and gathers the icons named in icons.txt into one sprite. Run after `npm ci`.
import { copyFile, mkdir, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const here = dirname(fileURLToPath(import.meta.url));
const target = join(here, "vendor");
const files = {
  "tabler/tabler.min.css": "@tabler/core/dist/css/tabler.min.css",
  "tabler/tabler.min.js": "@tabler/core/dist/js/tabler.min.js",
  "htmx/htmx.min.js": "htmx.org/dist/htmx.min.js",
  "echarts/echarts.min.js": "echarts/dist/echarts.min.js",
  "uplot/uplot.min.js": "uplot/dist/uPlot.iife.min.js",
  "uplot/uplot.min.css": "uplot/dist/uPlot.min.css",
};
const binaries = {
  "fonts/bricolage.woff2": "@fontsource-variable/bricolage-grotesque/files/bricolage-grotesque-latin-wght-normal.woff2",
  "fonts/inter.woff2": "@fontsource-variable/inter/files/inter-latin-wght-normal.woff2",
};
const licences = [
  "@tabler/core", "@tabler/icons", "@popperjs/core", "htmx.org", "echarts", "uplot",
  "@fontsource-variable/bricolage-grotesque", "@fontsource-variable/inter", "@fontsource-variable/noto-sans-sc",
];
// The font of printed reports, in the pieces it is published in, with the characters of each: about a hundred
// small files, of which a document embeds what it uses. Browsers never ask for them.
const printFont = { to: "fonts-print", from: "@fontsource-variable/noto-sans-sc" };

/** The text without the trailing comment that points at a source map, which is not copied. */
function withoutSourceMap(text) {
  return text.replace(/\n?(\/\/# sourceMappingURL=.*|\/\*# sourceMappingURL=.*?\*\/)\s*$/, "\n");
}

/** One <symbol> of the sprite; a name that ends in -filled is taken from the filled set. */
async function symbol(name) {
  const filled = name.endsWith("-filled");
  const path = join(here, "node_modules/@tabler/icons/icons", filled ? "filled" : "outline",
    `${name.replace(/-filled$/, "")}.svg`);
  const svg = await readFile(path, "utf8").catch(() => {
    throw new Error(`static/icons.txt names "${name}", which is not an icon of @tabler/icons.`);
  });
  const body = svg.replace(/<!--[\s\S]*?-->|<path stroke="none"[^>]*>/g, "").replace(/^[\s\S]*?<svg[^>]*>/, "").replace(/<\/svg>\s*$/, "");
  const paint = filled
    ? 'fill="currentColor"'
    : 'fill="none" stroke="currentColor" stroke-width="2" stroke-linecap="round" stroke-linejoin="round"';
  return `<symbol id="${name}" viewBox="0 0 24 24" ${paint}>${body.replace(/\s*\n\s*/g, "")}</symbol>`;
}

async function iconSprite() {
  const lines = (await readFile(join(here, "icons.txt"), "utf8")).split("\n");
  const names = [...new Set(lines.map((line) => line.replace(/#.*/, "").trim()).filter(Boolean))].sort();
  const symbols = await Promise.all(names.map(symbol));
  return `<svg xmlns="http://www.w3.org/2000/svg">\n${symbols.join("\n")}\n</svg>\n`;
}

async function licenceTexts() {
  const texts = [];
  for (const name of licences) {
    const folder = join(here, "node_modules", name);
    const meta = JSON.parse(await readFile(join(folder, "package.json"), "utf8"));
    const text = await readFile(join(folder, "LICENSE"), "utf8")
      .catch(() => readFile(join(folder, "LICENSE.md"), "utf8"))
      .catch(() => `Licence: ${meta.license}\n`);
    texts.push(`${name} ${meta.version}\n\n${text}`);
  }
  return texts.join("\n----------\n\n");
}

async function copyPrintFont() {
  const from = join(here, "node_modules", printFont.from);
  const to = join(target, printFont.to);
  await mkdir(to, { recursive: true });
  await copyFile(join(from, "unicode.json"), join(to, "unicode.json"));
  for (const name of await readdir(join(from, "files"))) {
    if (name.endsWith("-wght-normal.woff2")) await copyFile(join(from, "files", name), join(to, name));
  }
}

await rm(target, { recursive: true, force: true });
for (const [to, from] of Object.entries(files)) {
  await mkdir(dirname(join(target, to)), { recursive: true });
  await writeFile(join(target, to), withoutSourceMap(await readFile(join(here, "node_modules", from), "utf8")));
}
for (const [to, from] of Object.entries(binaries)) {
  await mkdir(dirname(join(target, to)), { recursive: true });
  await copyFile(join(here, "node_modules", from), join(target, to));
}
await copyPrintFont();
await writeFile(join(target, "icons.svg"), await iconSprite());
await writeFile(join(target, "LICENCES.txt"), await licenceTexts());
