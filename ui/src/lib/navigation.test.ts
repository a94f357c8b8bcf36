import { beforeEach, describe, expect, it } from "vitest";

import { go, place, replacePlace, returnTo } from "./navigation.svelte";

const seen = () => [place.screen, place.conversationId, place.messageId];

beforeEach(() => go("chat"));

describe("the place", () => {
	it("is known at once after going there, and is in the address", () => {
		go("chat", "c 1", "m/2");
		expect(seen()).toEqual(["chat", "c 1", "m/2"]);
		expect(location.hash, "identifiers are escaped").toBe("#/chat/c%201/m%2F2");
	});

	it("follows back and forward", () => {
		location.hash = "#/models";
		window.dispatchEvent(new HashChangeEvent("hashchange"));
		expect(seen()).toEqual(["models", null, null]);
	});

	it("falls back to chat for an address that means nothing", () => {
		location.hash = "#/nowhere";
		window.dispatchEvent(new HashChangeEvent("hashchange"));
		expect(place.screen).toBe("chat");
	});

	it("comes back to the chat that was open", () => {
		go("chat", "lease");
		returnTo("models");
		returnTo("chat");
		expect(place.conversationId).toBe("lease");
	});

	it("can get its conversation without a step to go back to", () => {
		const steps = history.length;
		replacePlace("chat", "new-one");
		expect(seen()).toEqual(["chat", "new-one", null]);
		expect(history.length).toBe(steps);
	});
});
