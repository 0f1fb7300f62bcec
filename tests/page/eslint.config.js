import js from "@eslint/js";
import globals from "globals";

const HTML = "text reaches the page as text nodes (dom.js): there is no way to make HTML of a string";
const rules = {
  eqeqeq: "error",
  "no-var": "error",
  "prefer-const": ["error", { destructuring: "all" }],
  "no-unused-vars": ["error", { args: "after-used" }],
  "no-shadow-restricted-names": "error",
  "no-implicit-globals": "error",
  "no-eval": "error",
  "no-implied-eval": "error",
  "no-new-func": "error",
  "no-throw-literal": "error",
  "no-return-assign": "error",
  "no-self-compare": "error",
  "no-unmodified-loop-condition": "error",
  "no-unreachable-loop": "error",
  "array-callback-return": "error",
  "default-case-last": "error",
  "no-console": "error",
};

export default [
  js.configs.recommended,
  { linterOptions: { reportUnusedDisableDirectives: "error" } },
  {
    files: ["fireplan/_page_kit/browser/*.js", "fireplan/live/_page/*.js"],
    languageOptions: { ecmaVersion: 2023, sourceType: "module", globals: { ...globals.browser, L: "readonly" } },
    rules: {
      ...rules,
      "no-restricted-properties": [
        "error",
        ...["innerHTML", "outerHTML", "insertAdjacentHTML", "write", "writeln", "setHTMLUnsafe"].map((property) => (
          property.startsWith("write") ? { object: "document", property, message: HTML } : { property, message: HTML }
        )),
      ],
    },
  },
  {
    files: ["fireplan/maps/assets/*.js"],
    languageOptions: { ecmaVersion: 2023, sourceType: "module", globals: { ...globals.browser, L: "readonly" } },
    rules,
  },
  {
    files: ["fireplan/live/_page/theme.js"],
    languageOptions: { ecmaVersion: 2023, sourceType: "script", globals: globals.browser },
    rules,
  },
  {
    files: ["tests/page/**/*.{js,mjs}"],
    languageOptions: { ecmaVersion: 2023, sourceType: "module", globals: { ...globals.node, document: "readonly" } },
    rules: { ...rules, "no-console": "off" },
  },
];
