package io.advunlearn.benchmarks;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine;

/** Runs JMH, which forks from this jar. */
@CommandLine.Command(name = "jmh", description = "Runs the JMH benchmarks of PipelineBenchmark; what follows goes to JMH, for one -p model=DIR, unetStep, -h.")
final class JmhCommand implements Callable<Integer> {

    @CommandLine.Unmatched
    private List<String> arguments = new ArrayList<>();

    @Override
    public Integer call() throws IOException {
        org.openjdk.jmh.Main.main(arguments.toArray(String[]::new));
        return 0;
    }
}
