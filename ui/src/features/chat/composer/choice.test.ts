import { describe, expect, it } from "vitest";

import type { EngineStatus, InstalledModel } from "$lib/backend";
import { sampleModels } from "$lib/backend/fake/samples";

import { chooseModel } from "./choice";

// The host lists the model used last first; here that is not the starter.
const [starter, qwen, mistral, embedding] = sampleModels(0) as [
	InstalledModel,
	InstalledModel,
	InstalledModel,
	InstalledModel,
];
const lost = { ...mistral, fileState: "missing" as const };
const installed = [embedding, qwen, starter, lost];

const engine = (modelId: string, state: EngineStatus["state"]): EngineStatus => ({
	modelId,
	state,
	fraction: 1,
	contextTokens: 4096,
	sequences: 4,
	memoryBytes: 1,
	error: null,
});

function chosen(own: string | null, standard: string | null, engines: EngineStatus[] = []) {
	const choice = chooseModel(installed, engines, own, standard);
	return [choice.state, "model" in choice ? choice.model.id : null];
}

describe("the model of a chat", () => {
	it("is its own, whatever the default", () => {
		expect(chosen(starter.id, qwen.id)).toEqual(["ready", starter.id]);
	});

	it("is the default when it has none of its own, or that was removed", () => {
		expect(chosen(null, starter.id)).toEqual(["ready", starter.id]);
		expect(chosen("removed", starter.id)).toEqual(["ready", starter.id]);
	});

	it("is the first of those for chat when there is no default, and not the starter", () => {
		expect(chosen(null, null)).toEqual(["ready", qwen.id]);
		expect(chosen(null, "removed")).toEqual(["ready", qwen.id]);
	});

	it("is not replaced by another one when its file is missing or changed", () => {
		expect(chosen(lost.id, qwen.id), "the host would refuse it too").toEqual(["missing", lost.id]);
		expect(chosen(null, lost.id)).toEqual(["missing", lost.id]);
		const changed = [{ ...qwen, fileState: "changed" as const }, starter];
		expect(chooseModel(changed, [], null, null).state).toBe("changed");
	});

	it("needs its file no more while it runs, but does after it failed", () => {
		expect(chosen(lost.id, null, [engine(lost.id, "ready")])).toEqual(["ready", lost.id]);
		expect(chosen(lost.id, null, [engine(lost.id, "failed")])).toEqual(["missing", lost.id]);
	});

	it("cannot be one that only makes vectors, though it is its own and is loaded", () => {
		const loaded = [engine(embedding.id, "ready")];
		expect(chosen(embedding.id, qwen.id, loaded)).toEqual(["no-chat", embedding.id]);
	});

	it("is none when nothing is installed that can chat", () => {
		expect(chooseModel([embedding], [], null, null)).toEqual({ state: "none" });
		expect(chooseModel(null, [], null, null)).toEqual({ state: "reading" });
	});
});
