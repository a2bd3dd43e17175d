package io.advunlearn.gateway.demo;

import io.advunlearn.erasure.PromptCatalog;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;

/**
 * The prompts and seeds that are drawn before and after.
 *
 * @param concept images of the concept
 * @param others images of everything else
 */
record Gallery(List<Item> concept, List<Item> others) {

    private static final int COLUMNS = 8;
    private static final long FIRST_SEED = 100;

    /**
     * @param prompt what to draw
     * @param seed its seed
     */
    record Item(String prompt, long seed) {
    }

    /** Full prompts of the model's world, styles and backgrounds in turn. @param kind {@code object} or {@code style} */
    static Gallery of(PromptCatalog catalog, String concept, String kind) {
        String other = kind.equals("object") ? "style" : "object";
        List<String> classes = catalog.classes(kind).stream().filter(c -> !PromptCatalog.same(c, concept)).toList();
        List<Item> shown = new ArrayList<>();
        List<Item> rest = new ArrayList<>();
        for (int i = 0; i < COLUMNS; i++) {
            shown.add(item(catalog, kind, concept, other, i));
            rest.add(item(catalog, kind, classes.get(i * classes.size() / COLUMNS % classes.size()), other, i));
        }
        return new Gallery(shown, rest);
    }

    private static Item item(PromptCatalog catalog, String kind, String word, String other, int number) {
        String prompt = PromptCatalog.fill(catalog.templatesWith(kind).get(0), kind, word);
        prompt = fill(prompt, other, catalog.classes(other), number);
        prompt = fill(prompt, "background", catalog.backgrounds(), number);
        return new Item(prompt, FIRST_SEED + number);
    }

    private static String fill(String prompt, String kind, List<String> words, int number) {
        return words.isEmpty() ? prompt : PromptCatalog.fill(prompt, kind, words.get(number % words.size()));
    }

    /** Draws both rows. */
    List<List<BufferedImage>> draw(ImageClient client) throws IOException, InterruptedException {
        return List.of(draw(client, concept), draw(client, others));
    }

    private static List<BufferedImage> draw(ImageClient client, List<Item> items) throws IOException, InterruptedException {
        List<BufferedImage> images = new ArrayList<>();
        for (Item item : items) {
            images.add(client.generate(item.prompt(), item.seed()).image());
        }
        return images;
    }
}
