"""Answers SMT-LIB scripts with cvc5 in this process: a JSON string a line in, a
JSON object a line out, with the answer and the processor time that it took."""

import json
import sys
import time

import cvc5

for line in sys.stdin:
    start = time.process_time()
    terms = cvc5.TermManager()
    solver = cvc5.Solver(terms)
    solver.setOption("strings-exp", "true")
    solver.setOption("tlimit-per", "2000")
    parser = cvc5.InputParser(solver)
    parser.setStringInput(cvc5.InputLanguage.SMT_LIB_2_6, json.loads(line), "script")
    out = ""
    while not (command := parser.nextCommand()).isNull():
        out += command.invoke(solver, parser.getSymbolManager())
    print(json.dumps({"answer": out.strip(), "seconds": time.process_time() - start}), flush=True)
