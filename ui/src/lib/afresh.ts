// The window begins anew on other data, and never by chance.

/**
 * Load the page anew, so that nothing of the data that was there before stays on the screen. It must wait
 * for no reply of the host: a question whose page goes away may be asked once more.
 */
export function startAfresh(): void {
	location.reload();
}

/** Have nobody load the page anew in the middle of an answer, by the web view's own menu or keys. */
export function keepThePage(): void {
	addEventListener("contextmenu", (event) => {
		if (!isForText(event.target)) event.preventDefault();
	});
	addEventListener("keydown", (event) => {
		const isReload = event.key === "F5" || ((event.ctrlKey || event.metaKey) && event.key === "r");
		if (isReload) event.preventDefault();
	});
}

/** Where the menu has what is done with text: fields, and what is selected. */
function isForText(target: EventTarget | null): boolean {
	const inField = target instanceof Element && target.closest("input, textarea") !== null;
	return inField || getSelection()?.isCollapsed === false;
}
