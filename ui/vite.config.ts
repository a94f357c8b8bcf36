import { fileURLToPath } from "node:url";

import { svelte } from "@sveltejs/vite-plugin-svelte";
import { svelteTesting } from "@testing-library/svelte/vite";
import type { Plugin } from "vite";
import { defineConfig } from "vitest/config";

const firstFile = "first";

/** Large, and not needed before a person asks for something. */
const notInTheFirstFile = /node_modules\/(bits-ui|markdown-it|dompurify|highlight\.js|katex)\//;

/** Fails the build when a static import brings something large into the first file. */
function smallFirstFile(): Plugin {
	return {
		name: "small-first-file",
		generateBundle(_, bundle) {
			for (const file of Object.values(bundle)) {
				if (file.type !== "chunk" || file.name !== firstFile) continue;
				const large = file.moduleIds.find((id) => notInTheFirstFile.test(id));
				if (large) this.error(`${large} is in the first file: import it where it is first used.`);
			}
		},
	};
}

/** Has the font asked for with the first file, and not when the first text wants it. */
function fontWithFirstFile(): Plugin {
	return {
		name: "font-with-first-file",
		transformIndexHtml: {
			order: "post",
			handler(_, { bundle }) {
				const file = Object.keys(bundle ?? {}).find((name) => name.includes("inter-latin-wght"));
				if (!file) return [];
				const attrs = { rel: "preload", as: "font", crossorigin: true, href: `/${file}` };
				return [{ tag: "link", attrs, injectTo: "head" }];
			},
		},
	};
}

export default defineConfig(({ mode }) => ({
	plugins: [
		svelte(),
		smallFirstFile(),
		fontWithFirstFile(),
		...(mode === "test" ? [svelteTesting()] : []),
	],
	resolve: { alias: { $lib: fileURLToPath(new URL("src/lib", import.meta.url)) } },
	clearScreen: false,
	// A test holds the words for actions against the format of the record.
	server: { port: 1420, strictPort: true, fs: { allow: [".", "../docs"] } },
	preview: { port: 1421, strictPort: true },
	build: {
		target: ["safari16.4", "chrome111"],
		// Nothing becomes a data: address, because the content security policy allows files only.
		assetsInlineLimit: 0,
		// Each file is a question to the program, so the first screen is one, with nothing else in it.
		rolldownOptions: {
			output: {
				codeSplitting: {
					groups: [{ name: firstFile, tags: ["$initial"] }],
					includeDependenciesRecursively: false,
				},
			},
		},
		// All of it is read from the disk beside the program, so a large piece costs no network.
		chunkSizeWarningLimit: 1500,
	},
	test: {
		environment: "jsdom",
		setupFiles: ["src/test/setup.ts"],
		testTimeout: 60_000,
		include: ["src/**/*.test.ts"],
		// Styles mean nothing without a layout; the tokens are read as text by the contrast test.
		css: { include: [/tokens\.css/] },
	},
}));
