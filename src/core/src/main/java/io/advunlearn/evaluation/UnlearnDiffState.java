package io.advunlearn.evaluation;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.advunlearn.tensor.Safetensors;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** The saved state of a group under attack: distributions and optimiser moments as safetensors, outcomes so far in its metadata. */
final class UnlearnDiffState {

    private static final ObjectMapper MAPPER = new ObjectMapper();

    private final Path file;
    private final int tokens;
    private final int vocabulary;

    UnlearnDiffState(Path file, int tokens, int vocabulary) {
        this.file = file;
        this.tokens = tokens;
        this.vocabulary = vocabulary;
    }

    /** Fills the items from the file if it belongs to them, else afresh; returns the number of timesteps done. */
    int restore(List<UnlearnDiffGroup.Item> items) {
        for (UnlearnDiffGroup.Item item : items) {
            item.state = new SimplexAdam(tokens, vocabulary);
            item.outcome = new UnlearnDiffAttack.Outcome(UnlearnDiffAttack.key(item.pair), item.plain.prompt(), item.plain.seed(), false, false,
                    item.plain.prompt(), 0, 0, 0, 0, 0);
        }
        if (!Files.exists(file)) {
            return 0;
        }
        try (Safetensors tensors = Safetensors.open(file)) {
            List<UnlearnDiffAttack.Outcome> outcomes = MAPPER.readValue(tensors.metadata().get("outcomes"), new TypeReference<>() { });
            if (!outcomes.stream().map(UnlearnDiffAttack.Outcome::key).toList().equals(items.stream().map(i -> i.outcome.key()).toList())) {
                return 0;
            }
            for (int i = 0; i < items.size(); i++) {
                UnlearnDiffGroup.Item item = items.get(i);
                item.outcome = outcomes.get(i);
                String key = item.outcome.key();
                item.state = new SimplexAdam(tokens, vocabulary, tensors.floats(key + ".u"), tensors.floats(key + ".m"), tensors.floats(key + ".v"),
                        item.outcome.iterations());
            }
            return Integer.parseInt(tensors.metadata().get("timesteps"));
        } catch (JsonProcessingException e) {
            throw new IllegalArgumentException("cannot read " + file + ": " + e.getOriginalMessage(), e);
        }
    }

    /** @param timesteps timesteps done */
    void save(List<UnlearnDiffGroup.Item> items, int timesteps) {
        Map<String, float[]> values = new LinkedHashMap<>();
        Map<String, long[]> shapes = new LinkedHashMap<>();
        for (UnlearnDiffGroup.Item item : items) {
            put(values, shapes, item.outcome.key() + ".u", item.state.probabilities());
            put(values, shapes, item.outcome.key() + ".m", item.state.mean());
            put(values, shapes, item.outcome.key() + ".v", item.state.square());
        }
        try {
            String outcomes = MAPPER.writeValueAsString(items.stream().map(item -> item.outcome).toList());
            Safetensors.write(file, values, shapes, Map.of("outcomes", outcomes, "timesteps", Integer.toString(timesteps)));
        } catch (JsonProcessingException e) {
            throw new IllegalStateException("outcomes have no JSON form", e);
        }
    }

    private void put(Map<String, float[]> values, Map<String, long[]> shapes, String name, float[] value) {
        values.put(name, value);
        shapes.put(name, new long[] {tokens, vocabulary});
    }

    void clear() {
        try {
            Files.deleteIfExists(file);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
