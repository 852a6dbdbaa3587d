// Builds what a browser loads: scripts, styles and the icons that pages name; and lays out the fonts of what is printed.
// `--watch` keeps at it.
import { copyFile, mkdir, readFile, readdir, watch, writeFile } from "node:fs/promises";
import path from "node:path";
import { fileURLToPath } from "node:url";
import esbuild from "esbuild";

const here = path.dirname(fileURLToPath(import.meta.url));
const web = path.join(here, "../rollbook/web");
const built = path.join(web, "static/built");
const icons = path.join(here, "../node_modules/@tabler/icons/icons/outline");
const noto = path.join(here, "../node_modules/@expo-google-fonts/noto-sans");

// No page loads these: foundation/paper.py puts the letters that a PDF needs into it.
const FONTS = {
  "NotoSans-Regular.ttf": "400Regular/NotoSans_400Regular.ttf",
  "NotoSans-SemiBold.ttf": "600SemiBold/NotoSans_600SemiBold.ttf",
  "NotoSans-LICENSE.txt": "LICENSE_FONT",
};

// ui.icon("check"), ui.button(..., icon="check"), Entry(icon="check")
const ICON = /\bicon(?:\(|=)"([a-z0-9-]+)"/g;

const bundles = {
  entryPoints: [path.join(here, "src/app.ts"), path.join(here, "css/app.css")],
  entryNames: "[name]",
  outdir: built,
  bundle: true,
  minify: true,
  sourcemap: false,
  legalComments: "none",
  target: ["es2022"],
  format: "iife",
  logLevel: "info",
};

async function sprite() {
  const files = (await readdir(web, { recursive: true })).filter((name) => /\.(html|py)$/.test(name));
  const texts = await Promise.all(files.map((name) => readFile(path.join(web, name), "utf8")));
  const names = new Set(texts.flatMap((text) => [...text.matchAll(ICON)].map((match) => match[1])));
  const symbols = await Promise.all([...names].sort().map(symbol));
  await mkdir(built, { recursive: true });
  await writeFile(
    path.join(built, "icons.svg"),
    `<svg xmlns="http://www.w3.org/2000/svg">${symbols.join("")}</svg>\n`,
  );
}

async function symbol(name) {
  const drawn = await readFile(path.join(icons, `${name}.svg`), "utf8").catch(() => {
    throw new Error(`There is no icon "${name}" in @tabler/icons.`);
  });
  const shapes = drawn
    .replace(/^[\s\S]*?<svg[^>]*>|<\/svg>\s*$/g, "")
    .replace(/<path stroke="none" d="M0 0h24v24H0z" fill="none" ?\/>/, "")
    .replace(/\s*\n\s*/g, "");
  return `<symbol id="${name}" viewBox="0 0 24 24">${shapes}</symbol>`;
}

async function keepSprite() {
  for await (const change of watch(web, { recursive: true })) {
    if (/\.(html|py)$/.test(change.filename ?? "")) await sprite().catch((error) => console.error(error.message));
  }
}

async function fonts() {
  await mkdir(path.join(built, "fonts"), { recursive: true });
  await Promise.all(
    Object.entries(FONTS).map(([name, from]) => copyFile(path.join(noto, from), path.join(built, "fonts", name))),
  );
}

await Promise.all([sprite(), fonts()]);
if (process.argv.includes("--watch")) {
  await (await esbuild.context({ ...bundles, sourcemap: "linked" })).watch();
  await keepSprite();
} else {
  await esbuild.build(bundles);
}
