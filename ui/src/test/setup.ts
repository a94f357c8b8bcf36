import { configure } from "@testing-library/svelte";
import { beforeEach, vi } from "vitest";

import { testDay } from "./day";

// Machines that test are slow and busy; what is waited for ends the waiting at once.
configure({ asyncUtilTimeout: 15_000 });

// Screens show "this month" and "today": every test is at noon of one day, whatever day it runs.
// At once, too, as modules take the days to show when they are read.
vi.setSystemTime(testDay);
beforeEach(() => void vi.setSystemTime(testDay));

// What jsdom lacks and the components use.

Element.prototype.scrollIntoView = vi.fn();
Element.prototype.hasPointerCapture = () => false;
Element.prototype.setPointerCapture = vi.fn();
Element.prototype.releasePointerCapture = vi.fn();
globalThis.ResizeObserver ??= class {
	observe(): void {}
	unobserve(): void {}
	disconnect(): void {}
};
window.matchMedia ??= (query: string): MediaQueryList =>
	({
		matches: false,
		media: query,
		onchange: null,
		addEventListener: () => {},
		removeEventListener: () => {},
		addListener: () => {},
		removeListener: () => {},
		dispatchEvent: () => false,
	}) as MediaQueryList;
// The accessibility checker measures text on a canvas for one rule, which is off.
HTMLCanvasElement.prototype.getContext = () => null;
