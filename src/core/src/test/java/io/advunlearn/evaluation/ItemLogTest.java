package io.advunlearn.evaluation;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ItemLogTest {

    record Item(String key, int value) {
    }

    private static ItemLog<String, Item> open(Path file) {
        return new ItemLog<>(file, Item.class, Item::key);
    }

    @Test
    void finishedItemsAreThereAgain(@TempDir Path folder) {
        open(folder.resolve("deep/log.jsonl")).append(List.of(new Item("a", 1), new Item("b", 2)));
        assertThat(open(folder.resolve("deep/log.jsonl")).all()).containsExactly(new Item("a", 1), new Item("b", 2));
    }

    @Test
    void aLineCutOffByACrashIsDropped(@TempDir Path folder) throws IOException {
        Path file = folder.resolve("log.jsonl");
        open(file).append(List.of(new Item("a", 1)));
        Files.writeString(file, "{\"key\":\"b\",\"val", StandardOpenOption.APPEND);
        ItemLog<String, Item> log = open(file);
        log.append(List.of(new Item("c", 3)));
        assertThat(open(file).all()).containsExactly(new Item("a", 1), new Item("c", 3));
    }
}
