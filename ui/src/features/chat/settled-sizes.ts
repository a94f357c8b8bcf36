// WebKit reports a new element in a list before it has laid it out: as nothing high, though it has a
// height. A list that draws only what is seen would then believe that there is nothing to see. Such
// reports are held back; the true one follows a frame later.

const Plain = globalThis.ResizeObserver;

globalThis.ResizeObserver = class extends Plain {
	constructor(tell: ResizeObserverCallback) {
		super((entries, observer) => {
			const settled = entries.filter(isSettled);
			if (settled.length > 0) tell(settled, observer);
		});
	}
};

function isSettled({ contentRect, target }: ResizeObserverEntry): boolean {
	const hasHeight = target instanceof HTMLElement && target.offsetHeight > 0;
	return contentRect.height > 0 || !hasHeight;
}
