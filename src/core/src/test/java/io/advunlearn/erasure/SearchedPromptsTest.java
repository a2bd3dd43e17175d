package io.advunlearn.erasure;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import io.advunlearn.model.KeyValueDistance;
import io.advunlearn.pipeline.BundledModel;
import io.advunlearn.pipeline.CancellationToken;
import io.advunlearn.pipeline.PipelineComponents;
import io.advunlearn.search.TokenSearch;
import io.advunlearn.search.TokenText;
import io.advunlearn.tensor.Noise;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class SearchedPromptsTest {

    private final PipelineComponents components = BundledModel.pipeline().components();
    private final NDManager manager = NDManager.newBaseManager(components.device(), "PyTorch");
    private final KeyValueDistance distance = KeyValueDistance.of(components.unet());
    private final ErasureSettings settings = new AdvUnlearn().resolve(new ErasureRequest("church", "object", "advunlearn", "kv", 7,
            Map.of("bankStarts", 2, "bankSteps", 2, "searchPrompts", 4, "searchSteps", 2, "searchCandidates", 16, "searchInterval", 1)));
    private final List<ConceptPrompt> contexts = List.of(prompt("a church", "a mushroom"), prompt("church, mono style", "mushroom, mono style"));
    private final FrozenPredictions frozen = new FrozenPredictions(components, components.baseEncoder(), new UnetMeter(), settings, new CancellationToken());
    private final ConceptAnswers answers = new ConceptAnswers(components, contexts,
            TrajectoryBank.build(frozen, PromptSet.concept(frozen, contexts, manager), new Noise(1), manager), frozen, distance, new UnetMeter(),
            new Noise(2), manager);
    private final Student student = Student.of(components, components.baseEncoder(), settings, manager);
    private final TokenFlips flips = new TokenFlips(components, student, components.baseEncoder(), answers, new TokenText(components.tokenizer()), 16,
            new CancellationToken(), manager);

    private final int[][] classes = {components.tokenizer().tokenize("house"), components.tokenizer().tokenize("dog")};

    private double distance(String word) {
        return distance(text(word));
    }

    private double distance(SearchedPrompts.Text text) {
        return meaning(text).concept();
    }

    private TokenFlips.Meaning meaning(SearchedPrompts.Text text) {
        return flips.meanings(List.of(text), classes).get(0);
    }

    private ConceptPrompt prompt(String text, String anchor) {
        return ConceptPrompt.of(components.tokenizer(), text, anchor, "church");
    }

    private SearchedPrompts searched() {
        return new SearchedPrompts(components, settings, contexts, List.of("house", "dog", "mushroom"), student, components.baseEncoder(), answers,
                new CancellationToken(), manager);
    }

    private SearchedPrompts.Text text(String word) {
        return new SearchedPrompts.Text(0, new TokenSearch.Slot(components.tokenizer().tokenize("a"), 1, new int[0]),
                components.tokenizer().tokenize(word), false);
    }

    @AfterEach
    void close() {
        distance.close();
        manager.close();
    }

    @Test
    void theConceptsOwnPromptIsItsOwnNearestText() {
        assertThat(distance("church")).isCloseTo(0, within(0.01));
        assertThat(distance("mushroom")).isBetween(0.7, 1.4);
    }

    @Test
    void aFlipNeverMovesAwayAndMostlyNearer() {
        List<SearchedPrompts.Text> round = new ArrayList<>(List.of(text("dog"), text("fish"), text("bus")));
        double before = round.stream().mapToDouble(this::distance).average().orElseThrow();
        double once = Arrays.stream(flips.improve(round, 0)).average().orElseThrow();
        double twice = Arrays.stream(flips.improve(round, 1)).average().orElseThrow();
        assertThat(once).isLessThan(before);
        assertThat(twice).isLessThanOrEqualTo(once * 1.0001);
        // The untrained student knows the word: among the vocabulary nothing is nearer.
        assertThat(round).allMatch(text -> distance(text) < 0.9);
    }

    @Test
    void anotherClassInTheConceptsPlaceIsRecognised() {
        assertThat(meaning(text("dog")).nearest()).isCloseTo(0, within(0.01));
        assertThat(meaning(text("church")).nearest()).isGreaterThan(0.7);
    }

    @Test
    void aCheckpointBringsTheTextsBack() {
        SearchedPrompts searched = searched();
        searched.search(new Noise(5));
        Map<String, NDArray> saved = new LinkedHashMap<>();
        searched.save(saved, manager);
        SearchedPrompts restored = searched();
        restored.restore(new LinkedHashMap<>(Map.of("searched", saved.get("searched").duplicate())));
        assertThat(restored.loss(student.training().encoder(), 8, new Noise(6), manager).getFloat())
                .isEqualTo(searched.loss(student.training().encoder(), 8, new Noise(6), manager).getFloat());
    }
}
