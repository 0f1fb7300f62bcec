// Tells where the page reads a key of the state from something that has no type: there a key that is renamed would go
// unnoticed. Each place found is printed as FILE:LINE KEY; none is what the test wants.

import { readFileSync } from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";
import ts from "typescript";

const here = path.dirname(fileURLToPath(import.meta.url)), root = path.resolve(here, "../../fireplan");
const pages = ["live/_page", "_page_kit/browser"].map((name) => path.join(root, name));
const schema = JSON.parse(readFileSync(path.resolve(here, "../../docs/state.schema.json"), "utf8"));
const keys = new Set(Object.values(schema.$defs).flatMap((said) => Object.keys(said.properties)));

const config = ts.readConfigFile(path.join(here, "tsconfig.json"), ts.sys.readFile).config;
const { options, fileNames } = ts.parseJsonConfigFileContent(config, ts.sys, here);
const program = ts.createProgram(fileNames, options), checker = program.getTypeChecker();

const isAny = (node) => Boolean(checker.getTypeAtLocation(node).flags & ts.TypeFlags.Any);

function report(source, node, key) {
  const { line } = source.getLineAndCharacterOfPosition(node.getStart());
  console.log(path.relative(root, source.fileName) + ":" + (line + 1) + " " + key + "  " + node.getText().split("\n")[0].slice(0, 60));
}

function look(source, node) {
  if (ts.isPropertyAccessExpression(node) && keys.has(node.name.text) && isAny(node.expression)) report(source, node, node.name.text);
  if (ts.isObjectBindingPattern(node) && isAny(node)) {
    for (const one of node.elements) {
      const key = (one.propertyName ?? one.name).getText();
      if (keys.has(key)) report(source, node, key);
    }
  }
  ts.forEachChild(node, (child) => look(source, child));
}

for (const source of program.getSourceFiles()) if (pages.some((page) => source.fileName.startsWith(page))) look(source, source);
