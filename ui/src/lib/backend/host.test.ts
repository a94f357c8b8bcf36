import { clearMocks, mockIPC } from "@tauri-apps/api/mocks";
import { afterEach, describe, expect, it } from "vitest";

import { backend, explain, toProblem, type Problem } from ".";

const refused: Problem = { code: "busy", message: "The model is answering.", hint: null };

afterEach(() => clearMocks());

describe("the host", () => {
	it("is asked by the command's name with its arguments", async () => {
		const asked: unknown[] = [];
		mockIPC((command, payload) => {
			asked.push([command, payload]);
			return null;
		});
		await backend.removeModel("m1", true);
		expect(asked).toEqual([["remove_model", { id: "m1", deleteFile: true }]]);
	});

	it("makes a refused command reject with its error", async () => {
		mockIPC(() => {
			throw refused;
		});
		await expect(backend.loadModel("m1")).rejects.toEqual(refused);
	});
});

describe("the words for an error", () => {
	it("keep what the host said and add what to do", () => {
		expect(explain(refused)).toEqual({
			title: "Something else is still running",
			detail: "The model is answering.",
			next: "Wait until it has ended, or stop it first.",
		});
	});

	it("prefer the host's own hint, which knows the case", () => {
		expect(explain({ ...refused, hint: "Stop the answer first." }).next).toBe(
			"Stop the answer first.",
		);
	});

	it("exist for whatever is thrown", () => {
		expect(toProblem(new Error("boom"))).toEqual({
			code: "internal",
			message: "boom",
			hint: null,
		});
		expect(toProblem(refused)).toBe(refused);
	});
});
