package io.advunlearn.erasure;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import io.advunlearn.model.ClipTokenizer;
import io.advunlearn.model.KeyValueDistance;
import io.advunlearn.search.PromptEncoder;
import io.advunlearn.search.PromptMetric;
import io.advunlearn.search.TokenSearch;
import io.advunlearn.search.TokenText;
import io.advunlearn.tensor.Noise;
import io.advunlearn.tensor.Tensors;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/** Finds texts that still tell the denoiser the concept, by the keys and values that the encoder in training gives them. */
final class ConceptSearch {

    /** Share of the way from the concept to its anchor within which a text says the concept; another class is about the whole way off. */
    private static final double CLOSE = 0.5;

    private final EncoderTraining training;
    private final EncoderOnlySettings settings;
    private final List<ConceptPrompt> goals;
    private final TextPairs states;
    private final KeyValueDistance distance;
    private final ClipTokenizer tokenizer;
    private final TokenText windows;
    private final TokenSearch search;

    /**
     * @param goals prompts with the concept; a search frees the concept's place in one of them
     * @param states tells the frozen encoder's states
     */
    ConceptSearch(EncoderTraining training, EncoderOnlySettings settings, List<ConceptPrompt> goals, TextPairs states, KeyValueDistance distance) {
        this.training = training;
        this.settings = settings;
        this.goals = goals;
        this.states = states;
        this.distance = distance;
        tokenizer = training.components().tokenizer();
        windows = new TokenText(tokenizer);
        PromptEncoder current = new PromptEncoder(tokenizer, training.attacked(), training.components().lane());
        search = new TokenSearch(tokenizer, current, PromptMetric.keyValue(distance), settings.searchCandidates(), training.components().lane(),
                training.cancellation());
    }

    /** One search. @return the text found and what it should become, empty if no text survived tokenisation */
    Optional<TextPair> find(Noise noise, NDManager scratch) {
        ConceptPrompt goal = goals.get(noise.nextInt(goals.size()));
        int free = settings.searchTokens().get(noise.nextInt(settings.searchTokens().size()));
        int[] before = Arrays.copyOf(goal.tokens(), goal.start());
        int[] concept = Arrays.copyOfRange(goal.tokens(), goal.start(), goal.start() + goal.length());
        int[] after = Arrays.copyOfRange(goal.tokens(), goal.start() + goal.length(), goal.tokens().length);
        int[] wanted = TokenText.join(before, articles(free - concept.length), concept, after);
        NDArray aim = training.frozen().encode(scratch, new int[][] {windows.window(wanted)});
        TokenSearch.Found found = search.search("", aim, new TokenSearch.Slot(before, free, after), settings.searchSweeps(), noise);
        return Optional.ofNullable(found.text()).map(text -> pair(tokenizer.tokenize(text), goal, aim, scratch));
    }

    /** A text that says the concept to the frozen encoder too must become the anchor; any other keeps what it meant. */
    private TextPair pair(int[] found, ConceptPrompt goal, NDArray aim, NDManager scratch) {
        int[] text = cut(found);
        int[] anchor = cut(tokenizer.tokenize(goal.anchor()));
        NDArray own = training.frozen().encode(scratch, new int[][] {windows.window(text)});
        NDArray concept = training.frozen().encode(scratch, new int[][] {windows.window(goal.tokens())});
        NDArray instead = states.states(List.of(new TextPair(goal.tokens(), anchor)), scratch);
        boolean says = training.lane(() -> Tensors.number(distance.distance(own, aim)) < CLOSE * Tensors.number(distance.distance(instead, concept)));
        return says ? new TextPair(text, anchor) : TextPair.unchanged(text);
    }

    private int[] cut(int[] ids) {
        return Arrays.copyOf(ids, Math.min(ids.length, tokenizer.maxLength() - 2));
    }

    /** Before the concept, so that it stands where the last free token will stand. */
    private int[] articles(int count) {
        int[] articles = new int[Math.max(0, count)];
        Arrays.fill(articles, tokenizer.tokenize("a")[0]);
        return articles;
    }
}
