import js from "@eslint/js";
import { defineConfig } from "eslint/config";
import svelte from "eslint-plugin-svelte";
import globals from "globals";
import ts from "typescript-eslint";

import svelteConfig from "./svelte.config.js";

const onlyBackendTalksToTheHost = {
	group: ["@tauri-apps/*"],
	message: "Only lib/backend talks to the host.",
};
const fakeIsForTests = {
	group: ["**/backend/fake", "**/backend/fake/*"],
	message: "The fake host is for tests and main.ts.",
};

export default defineConfig(
	{ ignores: ["dist/", "dist-fake/", "src/lib/backend/bindings.ts"] },
	js.configs.recommended,
	ts.configs.strict,
	svelte.configs.recommended,
	{
		languageOptions: { globals: globals.browser },
		rules: {
			"no-console": "error",
			"no-undef": "off",
			eqeqeq: "error",
			"@typescript-eslint/consistent-type-imports": "error",
			// noUncheckedIndexedAccess doubts every index, also one a loop has just bounded.
			"@typescript-eslint/no-non-null-assertion": "off",
			"no-restricted-imports": ["error", { patterns: [onlyBackendTalksToTheHost, fakeIsForTests] }],
		},
	},
	{
		files: ["**/*.svelte", "**/*.svelte.ts"],
		languageOptions: { parserOptions: { parser: ts.parser, svelteConfig } },
	},
	{
		files: ["src/lib/backend/**", "src/main.ts", "**/*.test.ts", "src/test/**"],
		rules: { "no-restricted-imports": "off" },
	},
	{
		// Text from a model or a file never becomes HTML by accident.
		files: ["**/*.svelte"],
		rules: { "svelte/no-at-html-tags": "error", "svelte/prefer-const": "error" },
	},
);
