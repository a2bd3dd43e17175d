package io.advunlearn.gateway.cli;

import io.advunlearn.report.Comparison;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Puts evaluated encoders side by side. */
@Command(name = "compare", mixinStandardHelpOptions = true,
        description = "Put evaluations of several encoders side by side: same concept, model and budget.",
        footer = {"", "Writes compare.json and compare.html. The first report is what the others are compared with."})
final class CompareCommand implements Callable<Integer> {

    @Parameters(paramLabel = "REPORT", arity = "2..*", description = "A report.json or the directory that holds it.")
    private List<Path> reports;

    @Option(names = {"-o", "--out"}, paramLabel = "DIRECTORY", defaultValue = "comparison", description = "Where the tables go (default: ${DEFAULT-VALUE}).")
    private Path out;

    @Override
    public Integer call() {
        Comparison comparison = Comparison.of(reports);
        System.out.print(comparison.text());
        System.out.println(comparison.write(out));
        return 0;
    }
}
