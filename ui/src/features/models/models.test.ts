import { screen, waitFor, within } from "@testing-library/svelte";
import { beforeEach, describe, expect, it, vi } from "vitest";

import type { Problem } from "$lib/backend";
import type { FakeBackend, FakeOptions } from "$lib/backend/fake";
import { go, place } from "$lib/navigation.svelte";
import { link } from "$lib/state/links.svelte";
import { watchModels } from "$lib/state/models.svelte";
import { readSettings, settings } from "$lib/state/settings.svelte";
import { toasts } from "$lib/state/toasts.svelte";

import { accessibilityFaults } from "../../test/axe";
import { host, menuEntry, show } from "../../test/render";
import ModelDropZone from "./ModelDropZone.svelte";
import ModelsScreen from "./ModelsScreen.svelte";

const dataFolder = "/home/ada/.local/share/gatehouse";
const shownToasts = () => toasts.list.map((toast) => toast.text);

async function open(options: FakeOptions = {}, folder = dataFolder) {
	const fake = host(options);
	await readSettings();
	watchModels((thrown) => {
		throw thrown;
	});
	show(ModelDropZone);
	return { fake, ...show(ModelsScreen, { dataFolder: folder }) };
}

const card = (name: string) => screen.findByRole("article", { name });

function callsOf(fake: FakeBackend, method: string): unknown[][] {
	return fake.calls.filter((call) => call.method === method).map((call) => call.args);
}

beforeEach(() => {
	go("models");
});

describe("an installed model", () => {
	it("says its size, parameters, quantisation, context and licence", async () => {
		await open();
		const facts = within(await card("Qwen2.5 7B Instruct")).getByRole("list", { name: "Facts" });
		const seen = within(facts)
			.getAllByRole("listitem")
			.map((item) => item.textContent.replace(/\s+/g, " ").trim());
		expect(seen).toEqual([
			"4.7 GB",
			"7.6B parameters",
			"Q4_K_M",
			"32,768 tokens of context",
			"Apache-2.0",
		]);
	});

	it("says whether it fits this computer and why", async () => {
		await open();
		expect((await card("Qwen2.5 7B Instruct")).textContent).toContain(
			"Fits this computer. Needs about 5.7 GB; this computer has 17 GB free.",
		);
	});

	it("shows its SHA-256 in full and copies it", async () => {
		const { user } = await open();
		const sha = "65b8fcd92af6b4fefa935c625d1ac27ea29dcb6ee14589c55a8f115ceaaa1423";
		const written = vi.spyOn(navigator.clipboard, "writeText");
		const shown = await card("Qwen2.5 7B Instruct");
		await user.click(within(shown).getByText(/^Details/));
		expect(within(shown).getByText(sha)).toBeTruthy();
		await user.click(within(shown).getByRole("button", { name: /^Copy the SHA-256/ }));
		expect(written).toHaveBeenCalledWith(sha);
		expect(shownToasts()).toContain("SHA-256 copied.");
	});

	it("whose file is gone can't be loaded, and says what to do", async () => {
		await open();
		const shown = await card("Mistral Small 24B Instruct");
		expect(within(shown).getByRole("alert").textContent).toContain("The file is gone.");
		expect(within(shown).getByRole("button", { name: "Load" })).toHaveProperty("disabled", true);
	});

	it("that is the starter is honest about what it is", async () => {
		await open();
		expect((await card("SmolLM2 135M Instruct")).textContent).toContain("fast and often wrong");
	});

	it("that only embeds has nothing to load it for chat", async () => {
		await open();
		const shown = await card("all-MiniLM-L6-v2");
		expect(within(shown).queryByRole("button", { name: "Load" })).toBeNull();
	});

	it("shows where it was published only after asking", async () => {
		const { user } = await open();
		const shown = await card("Qwen2.5 7B Instruct");
		await user.click(within(shown).getByText(/^Details/));
		await user.click(within(shown).getByRole("button", { name: /^https:/ }));
		expect(link.asked?.url).toBe("https://huggingface.co/Qwen/Qwen2.5-7B-Instruct");
	});
});

describe("loading", () => {
	it("shows how far it is and can be cancelled", async () => {
		const { fake, user } = await open();
		const shown = await card("Qwen2.5 7B Instruct");
		fake.halt();
		await user.click(within(shown).getByRole("button", { name: "Load" }));
		expect(
			await within(shown).findByRole("progressbar", { name: "Loading Qwen2.5 7B Instruct" }),
		).toBeTruthy();
		await user.click(within(shown).getByRole("button", { name: "Cancel" }));
		fake.goOn();
		expect(await within(shown).findByRole("button", { name: "Load" })).toBeTruthy();
		expect(callsOf(fake, "cancelLoad")).toEqual([["qwen"]]);
		expect(
			toasts.list.some((toast) => toast.tone === "error"),
			"a cancelled load is no error",
		).toBe(false);
	});

	it("ends as loaded, and unloading ends that", async () => {
		const { user } = await open();
		const shown = await card("Qwen2.5 7B Instruct");
		await user.click(within(shown).getByRole("button", { name: "Load" }));
		expect(await within(shown).findByText("Loaded")).toBeTruthy();
		await user.click(within(shown).getByRole("button", { name: "Unload" }));
		expect(await within(shown).findByRole("button", { name: "Load" })).toBeTruthy();
	});

	it("that failed says why on the model", async () => {
		const { fake } = await open();
		const error: Problem = {
			code: "engine_died",
			message: "It ran out of memory.",
			hint: "Use a smaller model.",
		};
		fake.emit("enginesChanged", [
			{
				modelId: "qwen",
				state: "failed",
				fraction: 0,
				contextTokens: 0,
				sequences: 0,
				memoryBytes: 0,
				error,
			},
		]);
		const shown = await card("Qwen2.5 7B Instruct");
		const alert = await within(shown).findByRole("alert");
		expect(alert.textContent).toContain("It ran out of memory.");
		expect(alert.textContent).toContain("Use a smaller model.");
		expect(within(shown).getByRole("button", { name: "Load again" })).toBeTruthy();
	});
});

describe("removing", () => {
	async function ask(user: Awaited<ReturnType<typeof open>>["user"], name: string) {
		await user.click(await screen.findByRole("button", { name: `More for ${name}` }));
		await user.click(await menuEntry("Remove…"));
		return screen.findByRole("alertdialog", { name: `Remove ${name}?` });
	}

	it("asks first and leaves a person's own file alone", async () => {
		const { fake, user } = await open();
		const question = await ask(user, "Qwen2.5 7B Instruct");
		expect(question.textContent).toContain("Its file stays.");
		expect(within(question).queryByRole("checkbox")).toBeNull();
		await user.click(within(question).getByRole("button", { name: "Remove" }));
		await waitFor(() =>
			expect(screen.queryByRole("article", { name: "Qwen2.5 7B Instruct" })).toBeNull(),
		);
		expect(callsOf(fake, "removeModel")).toEqual([["qwen", false]]);
	});

	it("deletes a file in Gatehouse's own folder only when that is chosen", async () => {
		const { fake, user } = await open();
		const question = await ask(user, "all-MiniLM-L6-v2");
		await user.click(within(question).getByRole("checkbox", { name: /Also delete the file/ }));
		await user.click(within(question).getByRole("button", { name: "Remove and delete the file" }));
		await waitFor(() => expect(callsOf(fake, "removeModel")).toEqual([["minilm", true]]));
		await waitFor(() => expect(shownToasts().join()).toContain("its file deleted"));
	});

	it("offers to delete no file beside that folder", async () => {
		const { user } = await open({}, "/home/ada/.local/share/gate");
		const question = await ask(user, "all-MiniLM-L6-v2");
		expect(within(question).queryByRole("checkbox")).toBeNull();
		expect(question.textContent).toContain("Its file stays.");
	});

	it("claims no deletion that the host did not make", async () => {
		const { fake, user } = await open();
		vi.spyOn(fake, "removeModel").mockResolvedValue(false);
		const question = await ask(user, "all-MiniLM-L6-v2");
		await user.click(within(question).getByRole("checkbox", { name: /Also delete the file/ }));
		await user.click(within(question).getByRole("button", { name: "Remove and delete the file" }));
		await waitFor(() => expect(shownToasts().at(-1)).toBe("all-MiniLM-L6-v2 was removed."));
	});

	it("that the host refuses says so and keeps the model", async () => {
		const { fake, user } = await open();
		fake.fail("removeModel", { code: "busy", message: "It is answering.", hint: null });
		const question = await ask(user, "Qwen2.5 7B Instruct");
		await user.click(within(question).getByRole("button", { name: "Remove" }));
		await waitFor(() => expect(shownToasts().join()).toContain("It is answering."));
		expect(await card("Qwen2.5 7B Instruct")).toBeTruthy();
	});
});

it("makes another model the one for new chats", async () => {
	const { user } = await open();
	await user.click(await screen.findByRole("button", { name: "More for Qwen2.5 7B Instruct" }));
	await user.click(await menuEntry("Use for new chats"));
	await waitFor(() => expect(settings.now.defaultModelId).toBe("qwen"));
	expect(within(await card("Qwen2.5 7B Instruct")).getByText("For new chats")).toBeTruthy();
});

describe("adding a file", () => {
	it("shows how far the reading is, and can be cancelled", async () => {
		const { fake, user } = await open();
		const step = { file: "/tmp/a.gguf", fraction: 0.4, model: null, added: null, error: null };
		fake.emit("modelAdding", { ...step, state: "reading" });
		const progress = await screen.findByRole("progressbar", { name: "Reading a.gguf" });
		expect(progress.getAttribute("aria-valuenow")).toBe("40");
		expect(
			screen.getByRole("button", { name: "Add a model" }),
			"one file is read at a time",
		).toHaveProperty("disabled", true);
		await user.click(screen.getByRole("button", { name: "Cancel" }));
		expect(callsOf(fake, "cancelAdding")).toHaveLength(1);
	});

	it("ends in the list and says so", async () => {
		const { user } = await open();
		await user.click(await screen.findByRole("button", { name: "Add a model" }));
		expect(await card("Llama 3.2 3B Instruct")).toBeTruthy();
		expect(shownToasts()).toContain("Llama 3.2 3B Instruct was added.");
		expect(screen.queryByRole("progressbar")).toBeNull();
	});

	it("that is refused says why until dismissed, and nothing is lost", async () => {
		const { fake, user } = await open();
		await card("Qwen2.5 7B Instruct");
		fake.emit("modelAdding", {
			file: "/tmp/notes.gguf",
			state: "refused",
			fraction: 0,
			model: null,
			added: null,
			error: {
				code: "model_refused",
				message: "It is a text file that was named .gguf.",
				hint: null,
			},
		});
		expect(await screen.findByText("notes.gguf was not added.")).toBeTruthy();
		expect(screen.getByText("It is a text file that was named .gguf.")).toBeTruthy();
		await user.click(screen.getByRole("button", { name: "Dismiss" }));
		await waitFor(() => expect(screen.queryByText("notes.gguf was not added.")).toBeNull());
		expect(await card("Qwen2.5 7B Instruct")).toBeTruthy();
	});

	it("that is on the list already is said to be, with the file that it has there", async () => {
		const { fake } = await open();
		const [known] = await fake.listModels();
		if (!known) throw new Error("the fake has models");
		const step = { file: "/tmp/copy.gguf", fraction: 1, error: null };
		fake.emit("modelAdding", { ...step, state: "added", model: known, added: "already" });
		const file = known.path.split("/").at(-1);
		await waitFor(() =>
			expect(shownToasts()).toContain(`${known.name} is on the list already (file ${file}).`),
		);
	});

	it("beside others keeps its refusal when the next one is read, refused or added", async () => {
		const { fake, user } = await open();
		const step = { fraction: 0, model: null, added: null, error: null };
		const error = (message: string): Problem => ({ code: "model_refused", message, hint: null });
		for (const [file, why] of [
			["notes.gguf", "It is a text file."],
			["empty.gguf", "The file is empty."],
		] as const) {
			fake.emit("modelAdding", { ...step, file, state: "reading" });
			fake.emit("modelAdding", { ...step, file, state: "refused", error: error(why) });
		}
		fake.emit("modelAdding", { ...step, file: "good.gguf", state: "reading" });
		expect(await screen.findByText("notes.gguf was not added.")).toBeTruthy();
		expect(screen.getByText("It is a text file.")).toBeTruthy();
		expect(screen.getByText("empty.gguf was not added.")).toBeTruthy();
		expect(screen.getByRole("progressbar", { name: "Reading good.gguf" })).toBeTruthy();
		await user.click(screen.getAllByRole("button", { name: "Dismiss" })[0] as HTMLElement);
		await waitFor(() => expect(screen.queryByText("notes.gguf was not added.")).toBeNull());
		expect(screen.getByText("empty.gguf was not added."), "each on its own").toBeTruthy();
	});

	it("dropped on another screen leads to this one", async () => {
		const { fake } = await open();
		go("chat");
		fake.emit("modelDragging", { over: true });
		expect(await screen.findByText("Drop a GGUF file to add the model")).toBeTruthy();
		fake.emit("modelDragging", { over: false });
		const step = { file: "a.gguf", fraction: 0, model: null, added: null, error: null };
		fake.emit("modelAdding", { ...step, state: "reading" });
		expect(place.screen).toBe("models");
		await waitFor(() => expect(screen.queryByText("Drop a GGUF file to add the model")).toBeNull());
	});
});

it("without a model teaches what one is and how to get it", async () => {
	await open({ noModels: true });
	expect(await screen.findByRole("heading", { name: "No model yet" })).toBeTruthy();
	expect(screen.getByRole("button", { name: "Choose a file" })).toBeTruthy();
	expect(screen.getByRole("region", { name: "Where to get a model" })).toBeTruthy();
});

it("says what memory and processor this computer has", async () => {
	await open();
	const computer = await screen.findByRole("region", { name: "This computer" });
	expect(computer.textContent.replaceAll(/\s/g, " ")).toContain("17 GB free of 24 GB");
	expect(computer.textContent).toContain("AMD Ryzen 7 5800X");
});

it("has no fault that an accessibility checker finds", async () => {
	await open();
	await card("Qwen2.5 7B Instruct");
	expect(await accessibilityFaults()).toEqual([]);
});
