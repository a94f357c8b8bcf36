import { fileURLToPath } from "node:url";

import { svelte } from "@sveltejs/vite-plugin-svelte";
import { svelteTesting } from "@testing-library/svelte/vite";
import { defineConfig } from "vitest/config";

/** Own code that brings none of the large packages along, which the first screen does not need. */
function isSmall(path: string): boolean {
	return (
		/src\/(lib|features)\//.test(path) &&
		!/Dialog|Select|SnapshotList|OpenMenu|markdown\//.test(path)
	);
}

export default defineConfig(({ mode }) => ({
	plugins: [svelte(), ...(mode === "test" ? [svelteTesting()] : [])],
	resolve: { alias: { $lib: fileURLToPath(new URL("src/lib", import.meta.url)) } },
	clearScreen: false,
	// A test holds the words for actions against the format of the record.
	server: { port: 1420, strictPort: true, fs: { allow: [".", "../docs"] } },
	preview: { port: 1421, strictPort: true },
	build: {
		target: ["safari16.4", "chrome111"],
		// Nothing becomes a data: address, because the content security policy allows files only.
		assetsInlineLimit: 0,
		// Each file is a question to the program, so few of them are sooner there than many.
		cssCodeSplit: false,
		rolldownOptions: {
			output: {
				codeSplitting: {
					groups: [{ name: "shared", test: isSmall, minShareCount: 2 }],
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
		include: ["src/**/*.test.ts"],
		// Styles mean nothing without a layout; the tokens are read as text by the contrast test.
		css: { include: [/tokens\.css/] },
	},
}));
