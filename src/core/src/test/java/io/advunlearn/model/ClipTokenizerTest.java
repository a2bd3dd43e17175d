package io.advunlearn.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.advunlearn.Fixture;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.stream.StreamSupport;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class ClipTokenizerTest {

    private static ClipTokenizer tokenizer;
    private static JsonNode reference;

    @BeforeAll
    static void load() throws IOException {
        tokenizer = ClipTokenizer.load(Fixture.emojiModel().resolve("tokenizer"));
        reference = new ObjectMapper().readTree(Path.of("src/test/fixtures/emoji/tokenizer.json").toFile());
    }

    @AfterAll
    static void close() {
        tokenizer.close();
    }

    private static String text(JsonNode entry) {
        return entry.has("prompt") ? entry.get("prompt").textValue() : entry.get("repeat").textValue().repeat(entry.get("times").intValue());
    }

    private static int[] padded(JsonNode ids) {
        int[] padded = new int[tokenizer.maxLength()];
        Arrays.fill(padded, reference.get("pad").intValue());
        int[] given = StreamSupport.stream(ids.spliterator(), false).mapToInt(JsonNode::intValue).toArray();
        System.arraycopy(given, 0, padded, 0, given.length);
        return padded;
    }

    @Test
    void idsAreThoseOfTransformers() {
        assertThat(reference.get("cases").size()).isGreaterThanOrEqualTo(200);
        for (JsonNode entry : reference.get("cases")) {
            ClipTokenizer.Encoding encoding = tokenizer.encode(text(entry));
            assertThat(encoding.ids()).as("%.80s", text(entry)).isEqualTo(padded(entry.get("ids")));
            assertThat(encoding.ids()[encoding.eos()]).isEqualTo(tokenizer.eosId());
            assertThat(Arrays.stream(encoding.ids()).limit(encoding.eos())).doesNotContain(tokenizer.eosId());
        }
    }

    @Test
    void decodedTextIsThatOfTransformers() {
        for (JsonNode entry : reference.get("cases")) {
            if (entry.has("prompt")) {
                int[] ids = StreamSupport.stream(entry.get("ids").spliterator(), false).mapToInt(JsonNode::intValue).toArray();
                assertThat(tokenizer.decode(ids)).as("%.80s", text(entry)).isEqualTo(entry.get("decoded").textValue());
            }
        }
    }

    @Test
    void specialTokensAndSizesAreThoseOfTransformers() {
        assertThat(tokenizer.maxLength()).isEqualTo(reference.get("max_length").intValue());
        assertThat(tokenizer.vocabSize()).isEqualTo(reference.get("vocab_size").intValue());
        assertThat(tokenizer.bosId()).isEqualTo(reference.get("bos").intValue());
        assertThat(tokenizer.eosId()).isEqualTo(reference.get("eos").intValue());
        assertThat(tokenizer.padId()).isEqualTo(reference.get("pad").intValue());
    }

    @Test
    void tokenizeNeverCuts() {
        for (JsonNode entry : reference.get("cases")) {
            int[] all = tokenizer.tokenize(text(entry));
            int[] kept = Arrays.copyOfRange(tokenizer.encode(text(entry)).ids(), 1, 1 + Math.min(all.length, tokenizer.maxLength() - 2));
            assertThat(Arrays.copyOf(all, kept.length)).as("%.80s", text(entry)).isEqualTo(kept);
            assertThat(tokenizer.encode(text(entry)).cut().isEmpty()).as("%.80s", text(entry)).isEqualTo(all.length == kept.length);
        }
    }

    /** Every unit is two tokens (a letter, a sign), the first 75 tokens are kept; é is written in two characters, the smiley in a surrogate pair. */
    @ParameterizedTest
    @ValueSource(strings = {"a!", "  a  !\n", "A ! "})
    void cutTextStartsWhereTheRoomEnds(String unit) {
        assertThat(tokenizer.tokenize(unit)).hasSize(2);
        String text = unit.repeat(50);
        String cut = tokenizer.encode(text).cut();
        assertThat(text).endsWith(cut);
        assertThat(cut.replaceAll("\\s", "")).isEqualToIgnoringCase("!" + "a!".repeat(12));
    }

    @Test
    void cutTextCountsCharactersOutsideTheBasicPlaneOnce() {
        String unit = "\uD83D\uDE00 e\u0301! ";
        int tokens = tokenizer.tokenize(unit).length;
        String text = unit.repeat(100);
        String cut = tokenizer.encode(text).cut();
        assertThat(text).endsWith(cut);
        int kept = (tokenizer.maxLength() - 2) / tokens;
        assertThat(cut.length()).isBetween(text.length() - (kept + 1) * unit.length(), text.length() - kept * unit.length() + 1);
    }

    @ParameterizedTest
    @ValueSource(strings = {"vocab.json", "merges.txt"})
    void missingFileIsNamed(String missing, @TempDir Path folder) throws IOException {
        for (String name : new String[] {"vocab.json", "merges.txt"}) {
            if (!name.equals(missing)) {
                Files.copy(Fixture.emojiModel().resolve("tokenizer").resolve(name), folder.resolve(name));
            }
        }
        assertThatThrownBy(() -> ClipTokenizer.load(folder)).isInstanceOf(IllegalArgumentException.class).hasMessageContaining(missing);
    }

    @Test
    void vocabularyWithoutTheSpecialTokensIsRefused(@TempDir Path folder) throws IOException {
        Files.writeString(folder.resolve("vocab.json"), "{\"a\": 0}");
        Files.writeString(folder.resolve("merges.txt"), "#version: 0.2\n");
        assertThatThrownBy(() -> ClipTokenizer.load(folder)).isInstanceOf(IllegalArgumentException.class).hasMessageContaining("bos_token");
    }

    /** As transformers: the older folders of Stable Diffusion 2 pad with "!" because the second file says so. */
    @ParameterizedTest
    @CsvSource({"'', 0", "'\"added_tokens_decoder\": {}, ', 58"})
    void olderFoldersLetTheSpecialTokensFileWin(String newer, int padding, @TempDir Path folder) throws IOException {
        Path families = Path.of("src", "test", "fixtures", "families");
        for (String name : new String[] {"vocab.json", "merges.txt"}) {
            Files.copy(families.resolve(name), folder.resolve(name));
        }
        Files.writeString(folder.resolve("tokenizer_config.json"), "{" + newer + "\"pad_token\": \"<|endoftext|>\", \"model_max_length\": 12}");
        Files.writeString(folder.resolve("special_tokens_map.json"), "{\"pad_token\": \"!\"}");
        try (ClipTokenizer read = ClipTokenizer.load(folder)) {
            assertThat(read.padId()).isEqualTo(padding);
        }
    }
}
