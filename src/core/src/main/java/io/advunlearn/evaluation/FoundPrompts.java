package io.advunlearn.evaluation;

import io.advunlearn.evaluation.EvaluationReport.AttackResult;
import io.advunlearn.erasure.PromptCatalog;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;

/**
 * The prompts that reached the concept in an evaluation, every seed that did included: a regression suite for later encoders. White-box
 * attacks give no prompts; plain and random prompts are made anew by every evaluation.
 *
 * @param schema version of the JSON form
 * @param prompts by attack
 */
public record FoundPrompts(String schema, List<FoundPrompt> prompts) {

    /** File name in the work directory of a finished evaluation. */
    public static final String FILE = "found-prompts.json";

    public static final String SCHEMA = "advunlearn/found-prompts/1";

    private static final Set<String> MADE_ANEW = Set.of("plain", "random", "replay");

    /** @throws IllegalArgumentException if it has another schema */
    public FoundPrompts {
        if (!SCHEMA.equals(schema)) {
            throw new IllegalArgumentException("schema must be " + SCHEMA + ", not " + schema);
        }
        prompts = List.copyOf(prompts == null ? List.of() : prompts);
    }

    /**
     * Reads suites for a concept.
     *
     * @param paths files, and directories with {@value #FILE} anywhere below
     * @throws IllegalArgumentException naming a path that holds no suite, or if none is for the concept
     */
    public static List<FoundPrompt> read(List<Path> paths, String concept) {
        Set<FoundPrompt> found = new LinkedHashSet<>();
        for (Path path : paths) {
            for (Path file : files(path)) {
                ReportFiles.read(file, FoundPrompts.class).prompts().stream().filter(prompt -> PromptCatalog.same(prompt.concept(), concept))
                        .forEach(found::add);
            }
        }
        if (found.isEmpty()) {
            throw new IllegalArgumentException("replay must name suites with prompts for " + concept + "; those given have none");
        }
        return List.copyOf(found);
    }

    private static List<Path> files(Path path) {
        try (Stream<Path> below = Files.walk(path)) {
            List<Path> files = below.filter(file -> Files.isRegularFile(file) && (file.equals(path) || file.endsWith(FILE))).sorted().toList();
            if (files.isEmpty()) {
                throw new IllegalArgumentException("replay must name suites; there is no " + FILE + " in " + path);
            }
            return files;
        } catch (IOException | UncheckedIOException e) {
            throw new IllegalArgumentException("replay must name files or directories; cannot read " + path, e);
        }
    }

    /** What the attacks of a finished evaluation found, from their logs. */
    static FoundPrompts of(AttackContext context, String encoder, List<AttackResult> attacks) {
        List<FoundPrompt> prompts = new ArrayList<>();
        for (AttackResult attack : attacks) {
            if (!attack.whiteBox() && !MADE_ANEW.contains(attack.name())) {
                prompts.addAll(of(context, encoder, attack.name()));
            }
        }
        return new FoundPrompts(SCHEMA, prompts);
    }

    private static List<FoundPrompt> of(AttackContext context, String encoder, String attack) {
        Map<ImageTask, List<Long>> seeds = new LinkedHashMap<>();
        context.imageLog(EvaluationSheet.imageLogOf(attack)).all().stream().filter(context::shown).map(JudgedImage::task)
                .forEach(task -> seeds.computeIfAbsent(task.withSeed(0), text -> new ArrayList<>()).add(task.seed()));
        return seeds.entrySet().stream().map(text -> new FoundPrompt(attack, context.request().concept(), context.request().kind(), encoder,
                text.getKey().prompt(), text.getKey().negativePrompt(), text.getKey().guidanceScale(), text.getValue())).toList();
    }
}
