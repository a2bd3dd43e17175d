package io.advunlearn.erasure;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import io.advunlearn.model.ClipTokenizer;
import io.advunlearn.search.PromptEncoder;
import io.advunlearn.search.TokenText;
import io.advunlearn.tensor.Noise;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** Texts with the hidden states that the erased encoder should give them: a teacher's for their targets, position for position. */
final class TextPairs {

    private final ClipTokenizer tokenizer;
    private final PromptEncoder teacher;
    private final TokenText windows;
    private final NDManager manager;
    private final List<int[]> ids = new ArrayList<>();
    private final List<Integer> ends = new ArrayList<>();
    private final List<NDArray> targets = new ArrayList<>();

    /**
     * @param teacher tells the target states
     * @param manager owns them
     */
    TextPairs(ClipTokenizer tokenizer, PromptEncoder teacher, NDManager manager) {
        this.tokenizer = tokenizer;
        this.teacher = teacher;
        this.manager = manager;
        windows = new TokenText(tokenizer);
    }

    int size() {
        return ids.size();
    }

    void add(List<TextPair> pairs) {
        if (pairs.isEmpty()) {
            return;
        }
        try (NDManager scratch = manager.newSubManager()) {
            NDArray states = states(pairs, scratch);
            for (int i = 0; i < pairs.size(); i++) {
                ids.add(windows.window(pairs.get(i).text()));
                ends.add(windows.end(pairs.get(i).text()));
                NDArray row = states.get(i + ":" + (i + 1)).duplicate();
                row.attach(manager);
                targets.add(row);
            }
        }
    }

    /** The target states of pairs [P, N, D], owned by {@code owner}. */
    NDArray states(List<TextPair> pairs, NDManager owner) {
        try (NDManager scratch = owner.newSubManager()) {
            NDArray states = teacher.encode(scratch, pairs.stream().map(p -> windows.window(p.target())).toArray(int[][]::new));
            int[][] positions = pairs.stream().map(p -> PromptAlignment.positions(p.text(), p.target(), tokenizer.maxLength())).toArray(int[][]::new);
            NDArray aligned = TextTargets.aligned(states, positions, scratch);
            aligned.attach(owner);
            return aligned;
        }
    }

    /** Indices of {@code count} texts, each drawn evenly; none if there are no texts. */
    int[] pick(int count, Noise noise) {
        int[] picked = new int[size() == 0 ? 0 : count];
        Arrays.setAll(picked, i -> noise.nextInt(size()));
        return picked;
    }

    /** The encoder's input [77] of one text. */
    int[] ids(int index) {
        return ids.get(index);
    }

    /** Position of the end token of one text. */
    int eos(int index) {
        return ends.get(index);
    }

    /** [1, N, D] of one text. */
    NDArray target(int index) {
        return targets.get(index);
    }
}
