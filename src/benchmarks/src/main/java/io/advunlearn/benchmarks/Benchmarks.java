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
        System.exit(new CommandLine(new Benchmarks()).setExecutionExceptionHandler(Benchmarks::report).execute(args));
    }

    /** One sentence for what is wrong with the input; the whole of anything else. */
    private static int report(Exception failure, CommandLine command, CommandLine.ParseResult parsed) throws Exception {
        if (!(failure instanceof IllegalArgumentException) && !(failure instanceof ConceptProcesses.Failed)) {
            throw failure;
        }
        command.getErr().println(failure.getMessage());
        return CommandLine.ExitCode.USAGE;
    }
}
