package io.advunlearn.benchmarks;

import picocli.CommandLine;

/** The comparisons that the README quotes, one subcommand each. */
@CommandLine.Command(name = "advunlearn-benchmarks", mixinStandardHelpOptions = true,
        subcommands = {RobustnessCommand.class, CostCommand.class, RandomWeightsCommand.class, FullSizeCommand.class, TimingsCommand.class,
                JmhCommand.class},
        description = "The comparisons that the README quotes.")
public final class Benchmarks {

    private Benchmarks() {
    }

    public static void main(String[] args) {
        System.setProperty("ai.djl.offline", "true");
        System.exit(new CommandLine(new Benchmarks()).execute(args));
    }
}
