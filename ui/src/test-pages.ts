// Every page, there before a test begins: in the window each is fetched when it is first gone to.
import.meta.glob("./pages/*/*.svelte", { eager: true });
