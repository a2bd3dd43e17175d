package io.advunlearn.benchmarks;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

/**
 * The concepts of a command in processes of their own, whose results the command then finds on disk. A small network gains little from a second thread:
 * two concepts side by side keep two processors busy. Methods of one concept share files, and so a process.
 */
final class ConceptProcesses {

    static final String OPTION = "--processes";

    private static final String CONCEPTS = "--concepts";

    private ConceptProcesses() {
    }

    /** A process ended with an error; its log says why. */
    static final class Failed extends RuntimeException {

        private static final long serialVersionUID = 1L;

        Failed(String concept, int code, Path log) {
            super(concept + " ended with " + code + ", see " + log);
        }
    }

    /**
     * Runs {@code arguments} once for each concept; what a process prints goes to {@code log.txt} in the concept's folder.
     *
     * @param arguments of the whole command line, as they were given
     * @param concepts word:kind
     * @param processes how many at once
     * @throws Failed if one of them failed
     */
    static void run(List<String> arguments, List<String> concepts, int processes, Path out) throws IOException, InterruptedException {
        ExecutorService running = Executors.newFixedThreadPool(processes);
        try {
            List<Future<?>> all = new ArrayList<>();
            for (String concept : concepts) {
                Path log = Files.createDirectories(out.resolve(directory(concept))).resolve("log.txt");
                all.add(running.submit(() -> await(own(arguments, concept), concept, log)));
            }
            for (Future<?> each : all) {
                each.get();
            }
        } catch (ExecutionException e) {
            throw e.getCause() instanceof RuntimeException failure ? failure : new IllegalStateException(e.getCause());
        } finally {
            running.shutdownNow();
        }
    }

    /** Where everything of a concept is kept. @param concept word:kind */
    static String directory(String concept) {
        return RobustnessCommand.word(concept).replace(' ', '-');
    }

    private static List<String> own(List<String> arguments, String concept) {
        List<String> own = new ArrayList<>();
        for (int i = 0; i < arguments.size(); i++) {
            String name = arguments.get(i).split("=", 2)[0];
            if (name.equals(CONCEPTS) || name.equals(OPTION)) {
                i += arguments.get(i).contains("=") ? 0 : 1;
            } else {
                own.add(arguments.get(i));
            }
        }
        own.addAll(List.of(CONCEPTS, concept));
        return own;
    }

    private static void await(List<String> arguments, String concept, Path log) {
        List<String> command = new ArrayList<>(List.of(Path.of(System.getProperty("java.home"), "bin", "java").toString(), "-XX:ActiveProcessorCount=1",
                "-cp", System.getProperty("java.class.path"), Benchmarks.class.getName()));
        command.addAll(arguments);
        ProcessBuilder builder = new ProcessBuilder(command).redirectErrorStream(true).redirectOutput(ProcessBuilder.Redirect.appendTo(log.toFile()));
        builder.environment().put("OMP_NUM_THREADS", "1");
        try {
            Process process = builder.start();
            Runtime.getRuntime().addShutdownHook(new Thread(process::destroy));
            System.out.println(concept + ": see " + log);
            int code = process.waitFor();
            if (code != 0) {
                throw new Failed(concept, code, log);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
